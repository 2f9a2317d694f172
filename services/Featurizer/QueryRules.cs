using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Featurizer;

/// <summary>What the collector's queries say about which deviations matter, asked for again every ten minutes.</summary>
public sealed class QueryRules(CollectorClient collector, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(10);

    private volatile Dictionary<string, CollectedQueryV1> _queries = [];
    private DateTimeOffset _asked = DateTimeOffset.MinValue;

    public async Task<IReadOnlyDictionary<string, CollectedQueryV1>> GetAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (now - _asked < Fresh)
            return _queries;
        _asked = now;
        try
        {
            _queries = (await collector.QueriesAsync(cancellationToken)).Queries.ToDictionary(q => q.Name);
        }
        catch (HttpRequestException)
        {
            // The rules known so far stay; the collector says itself what is wrong with it.
        }
        return _queries;
    }
}
