using Dapr.Anomaly.Services.Tests.Support;

namespace Dapr.Anomaly.Services.Tests.ConfigurationKeys;

/// <summary>A folder with an <c>anomaly.yaml</c>, gone after the test.</summary>
internal sealed class ConfiguredFolder : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public string Path => _folder.Path;

    /// <summary>Writes the file and gives the argument that names it to a service.</summary>
    public string Configure(string yaml)
    {
        var file = System.IO.Path.Combine(Path, "anomaly.yaml");
        File.WriteAllText(file, yaml);
        return $"--ANOMALY_CONFIG={file}";
    }

    public void Dispose() => _folder.Dispose();
}
