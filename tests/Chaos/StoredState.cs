using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Featurizer;
using Dapr.Anomaly.Featurizer.Windows;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Embedded;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Anomaly.Chaos.Tests;

/// <summary>The state store of a system that is down.</summary>
internal sealed class StoredState(string data)
{
    /// <summary>Every checkpoint of the windows becomes rubbish.</summary>
    public void CorruptWindows()
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(data, "state.db")}");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "UPDATE state SET value = '{}', is_binary = 0 WHERE key LIKE '%||windows/%'";
        command.ExecuteNonQuery();
    }

    /// <summary>The windows as they were saved: samples by second for each series.</summary>
    public async Task<IReadOnlyList<(SeriesIdentity Series, IReadOnlyDictionary<long, double> Samples)>> WindowsAsync(int steps)
    {
        await using var dapr = await EmbeddedDapr.StartAsync(
            new EmbeddedDaprOptions { DataDirectory = Path.Combine(data, "runtime") },
            CancellationToken.None
        );
        var sidecar = await dapr.AddSidecarAsync(
            new SidecarOptions { AppId = Apps.Featurizer, ResourcesPaths = [Path.Combine(data, "components")] },
            CancellationToken.None
        );
        await using var app = FeaturizerHost.Build([
            $"--DAPR_HTTP_ENDPOINT={sidecar.HttpEndpoint}",
            $"--DAPR_GRPC_ENDPOINT={sidecar.GrpcEndpoint}",
            $"--ANOMALY_LOG_FILE={Path.Combine(data, "logs", "verification.log")}",
        ]);
        await app.Services.GetRequiredService<WindowStore>().RestoreAsync(CancellationToken.None);
        return [.. app.Services.GetRequiredService<Shards>().Series.Select(s => (s.Series, Samples(s.Window, steps)))];
    }

    private static IReadOnlyDictionary<long, double> Samples(Core.Windows.SeriesWindow window, int steps)
    {
        var (values, missing) = (new float[steps], new bool[steps]);
        for (; steps > 0; steps--)
            if (window.TryRecent(values.AsSpan(0, steps), missing.AsSpan(0, steps), 0, out var first))
                return Enumerable
                    .Range(0, steps)
                    .Where(i => !missing[i])
                    .ToDictionary(i => (first + (i * window.Step)).ToUnixTimeSeconds(), i => window.Offset + values[i]);
        return new Dictionary<long, double>();
    }
}
