namespace Dapr.Anomaly.Cli.Evaluate.Protocols;

/// <summary>
/// Faults injected into Online Boutique on Kubernetes: each service is a workload with its pod's metrics and the latency of calls to it.
/// </summary>
internal sealed class NezhaProtocol : IProtocol
{
    public string Name => "nezha";

    public string Folder => Path.Combine("nezha", "rca_data");

    public static IReadOnlyList<NezhaDay> Days(string folder) =>
        [.. Directory.GetDirectories(folder).Order(StringComparer.Ordinal).Select(day => new NezhaDay(day))];

    public IReadOnlyList<SeriesSource> Series(string folder, EvaluationPart part) =>
        [.. Days(folder).SelectMany(day => day.Services.Select(service => new SeriesSource(day.NameOf(service), () => day.Series(service))))];
}
