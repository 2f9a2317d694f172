namespace Dapr.Anomaly.Cli.Up;

/// <summary>What <c>anomaly up</c> starts in one process.</summary>
/// <param name="ConfigurationPath">anomaly.yaml; null when only a URL was given.</param>
/// <param name="PrometheusUrl">Overrides the file's reader.url.</param>
/// <param name="DataDirectory">State, queues, workflows and the model registry.</param>
/// <param name="ResourcesPath">Folder of Dapr components.</param>
/// <param name="RuntimePort">HTTP port of the trainer's sidecar, where workflows are started; 0 lets the system choose.</param>
/// <param name="ConsolePort">Port of the console; 0 lets the system choose.</param>
/// <param name="Secrets">Addresses and keys of receivers by secret name, written where the local secret store reads them.</param>
/// <param name="Settings">Further settings given to every service.</param>
public sealed record AnomalySystemOptions(
    string? ConfigurationPath,
    Uri? PrometheusUrl,
    string DataDirectory,
    string ResourcesPath,
    int RuntimePort,
    int ConsolePort,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Secrets,
    IReadOnlyDictionary<string, string> Settings
);
