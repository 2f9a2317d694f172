using System.Globalization;
using Dapr.Anomaly.Core.Series;
using Microsoft.Extensions.Configuration;

namespace Dapr.Anomaly.Platform.Hosting;

/// <summary>
/// Which shard a series belongs to, and which shards this replica owns. The number of shards is fixed for an installation (<c>ANOMALY_SHARDS</c>, 1);
/// replica <c>ANOMALY_REPLICA</c> of <c>ANOMALY_REPLICAS</c> owns the shards with <c>shard % replicas == replica</c>.
/// </summary>
public sealed record Sharding(int Shards, int Replicas, int Replica)
{
    public IEnumerable<int> Owned => Enumerable.Range(0, Shards).Where(shard => shard % Replicas == Replica);

    public int ShardOf(SeriesId series) => (int)(series.Fingerprint % (ulong)Shards);

    public static Sharding From(IConfiguration settings)
    {
        var sharding = new Sharding(Number("ANOMALY_SHARDS", 1, 1), Number("ANOMALY_REPLICAS", 1, 1), Number("ANOMALY_REPLICA", 0, 0));
        return sharding.Replica < sharding.Replicas
            ? sharding
            : throw new InvalidOperationException($"ANOMALY_REPLICA: {sharding.Replica} with ANOMALY_REPLICAS {sharding.Replicas}; it counts from 0");

        int Number(string key, int missing, int least) =>
            settings[key] is not { Length: > 0 } text ? missing
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least ? number
            : throw new InvalidOperationException($"{key}: \"{text}\" is not a whole number of at least {least}");
    }
}
