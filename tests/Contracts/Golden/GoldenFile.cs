using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dapr.Anomaly.Contracts.Tests.Golden;

/// <summary>
/// A message or document as a released version wrote it. A file is never changed: another form is another version, with a file of its own.
/// <c>ANOMALY_WRITE_GOLDEN=tests/Contracts/Golden/Files</c> writes the files that are not there yet.
/// </summary>
internal static class GoldenFile
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", "Files", name));

    /// <summary>The same content, whatever the white space.</summary>
    public static void AssertIsJson(string name, ReadOnlySpan<byte> written)
    {
        var json = JsonNode.Parse(written);
        WriteIfWanted(name, System.Text.Encoding.UTF8.GetBytes(json!.ToJsonString(Indented) + "\n"));
        var golden = JsonNode.Parse(Read(name));
        Assert.True(JsonNode.DeepEquals(golden, json), $"{name} is\n{golden}\nand this build writes\n{json}");
    }

    public static void AssertIs(string name, byte[] written)
    {
        WriteIfWanted(name, written);
        Assert.Equal(Read(name), written);
    }

    public static void WriteIfWanted(string name, byte[] content)
    {
        if (Environment.GetEnvironmentVariable("ANOMALY_WRITE_GOLDEN") is not { Length: > 0 } folder)
            return;
        foreach (var file in (string[])[Path.Combine(folder, name), Path.Combine(AppContext.BaseDirectory, "Golden", "Files", name)])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            if (!File.Exists(file))
                File.WriteAllBytes(file, content);
        }
    }
}
