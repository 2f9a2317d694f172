using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Prometheus;
using Dapr.Anomaly.Platform.Prometheus.Presets;

namespace Dapr.Anomaly.Collector;

/// <summary>
/// The queries to collect: the presets that the server can answer, and the user's own. Detected once the server answers, and again when asked.
/// </summary>
internal sealed class QueryCatalog(AnomalyConfiguration configuration, PrometheusClient prometheus, TimeProvider time, ILogger<QueryCatalog> logger)
{
    private readonly SemaphoreSlim _detecting = new(1, 1);
    private volatile QueryCatalogContent? _content;

    public QueryCatalogContent? Known => _content;

    /// <exception cref="PrometheusException">The server does not answer.</exception>
    public async Task<QueryCatalogContent> GetAsync(CancellationToken cancellationToken)
    {
        if (_content is { } known)
            return known;
        await _detecting.WaitAsync(cancellationToken);
        try
        {
            return _content ??= await DetectAsync(cancellationToken);
        }
        finally
        {
            _detecting.Release();
        }
    }

    /// <summary>Looks at the server again; what it could answer before stays when it does not answer now.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken) => _content = await DetectAsync(cancellationToken);

    private async Task<QueryCatalogContent> DetectAsync(CancellationToken cancellationToken)
    {
        var detected = await PresetDetector.DetectAsync(prometheus, configuration.Preset, time.GetUtcNow(), cancellationToken);
        var own = configuration.Reader.Queries.Select(q => new SignalQuery(
            q.Query,
            q.Kind,
            q.Unit,
            q.DetectionDirection,
            q.MinDevFromExpected,
            q.MinRelDevFromExpected
        ));
        var queries = detected.Queries.Concat(own).ToList();
        string[] notes = [.. detected.Matches.Where(m => m.Note.Length > 0).Select(m => $"{m.Exporter}: {m.Note}")];
        if (_content is null)
            logger.LogInformation(
                "{Url}: {Queries} queries ({Found})",
                prometheus.Url,
                queries.Count,
                string.Join(", ", detected.Matches.Where(m => m.Found).Select(m => m.Exporter))
            );
        return new(queries, notes);
    }
}

internal sealed record QueryCatalogContent(IReadOnlyList<SignalQuery> Queries, IReadOnlyList<string> Notes);
