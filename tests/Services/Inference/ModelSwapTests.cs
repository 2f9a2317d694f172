using System.Net.Http.Json;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Inference;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Registry;
using Dapr.Anomaly.Services.Tests.Support;

namespace Dapr.Anomaly.Services.Tests.Inference;

public sealed class ModelSwapTests(SmallModel model) : IDisposable
{
    private const int Swaps = 12;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Champion_ThatChangesUnderLoad_LosesNoCall()
    {
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        await dapr.AddAsync(Apps.Inference, InferenceHost.Build);
        using var client = await dapr.ClientAsync();
        var inference = client.CreateInvokableHttpClient(Apps.Inference);
        Assert.Null((await inference.GetFromJsonAsync<ModelV1>("v1/model", MessageJson.Options))!.Version);
        var none = await ScoreAsync(inference, Rows());
        Assert.Null(none.ModelVersion);

        await DeployAndWaitAsync(1);
        using var stop = new CancellationTokenSource();
        Task<List<string?>>[] callers = [.. Enumerable.Range(0, 3).Select(_ => CallUntilAsync(inference, stop.Token))];
        for (var swap = 2; swap <= Swaps; swap++)
            await DeployAndWaitAsync(swap);
        await stop.CancelAsync();
        var versions = (await Task.WhenAll(callers)).SelectMany(v => v).ToList();

        Assert.DoesNotContain(null, versions);
        Assert.True(versions.Distinct().Count() > 2, string.Join(",", versions.Distinct()));

        async Task DeployAndWaitAsync(int swap)
        {
            var version = await model.DeployAsync(dapr.Data.Registry, $"run-{swap}");
            await client.PublishEventAsync(
                Topics.PubSub,
                Topics.ModelDeployed,
                new ModelDeployedV1(ModelAliases.Model, version, ModelAliases.Champion, model.End)
            );
            await Eventually.TrueAsync(
                async () => (await inference.GetFromJsonAsync<ModelV1>("v1/model", MessageJson.Options))!.Version == version,
                $"v{version} is served",
                60
            );
        }
    }

    private async Task<List<string?>> CallUntilAsync(HttpClient inference, CancellationToken stop)
    {
        List<string?> versions = [];
        while (!stop.IsCancellationRequested)
            versions.Add((await ScoreAsync(inference, Rows())).ModelVersion);
        return versions;
    }

    private List<ScoreRow> Rows() =>
        Core.Ensemble.Training.RowReplay.Rows(
            model.Series[2].Identity,
            model.Series[2].Coarse,
            model.Series[2].Fine,
            model.End - TimeSpan.FromMinutes(5),
            model.End,
            1
        );

    private static async Task<(string? ModelVersion, IReadOnlyList<SeriesScore> Scores)> ScoreAsync(
        HttpClient inference,
        IReadOnlyList<ScoreRow> rows
    )
    {
        using var response = await inference.PostAsync("v1/score/rows", new ByteArrayContent(RowsWire.ToBytes(rows)));
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        var answer = RowScoresWire.FromBytes(await response.Content.ReadAsByteArrayAsync(), rows);
        Assert.All(answer.Scores, s => Assert.Equal(SeriesState.Ok, s.State));
        return answer;
    }
}
