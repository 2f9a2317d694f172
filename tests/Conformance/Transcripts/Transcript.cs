using System.Text.Json.Nodes;

namespace Dapr.Conformance.Tests.Transcripts;

/// <summary>The recorded exchanges of real daprd, found through ANOMALY_DATA.</summary>
internal static class Transcript
{
    private static readonly string? Folder = Environment.GetEnvironmentVariable("ANOMALY_DATA") is { Length: > 0 } data
        ? Path.Combine(data, "daprd-transcripts")
        : null;

    public const string Missing = "ANOMALY_DATA is not set: it names the folder that holds daprd-transcripts.";

    /// <summary>The lines of a file, or none without the data.</summary>
    public static IEnumerable<JsonNode> Lines(string file) => Folder is null
        ? []
        : File.ReadLines(Path.Combine(Folder, file)).Where(line => line.Length > 0).Select(line => JsonNode.Parse(line)!);

    /// <summary>One row a case name; a single skipped row without the data.</summary>
    public static IEnumerable<TheoryDataRow<string>> Rows(IEnumerable<string> cases) => Folder is null
        ? [new TheoryDataRow<string>("-") { Skip = Missing }]
        : cases.Select(each => new TheoryDataRow<string>(each));
}
