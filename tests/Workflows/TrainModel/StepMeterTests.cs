using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.State;
using Dapr.Anomaly.Platform.Telemetry;
using Dapr.Anomaly.Workflows.TrainModel;

namespace Dapr.Anomaly.Workflows.Tests.TrainModel;

public sealed class StepMeterTests
{
    private readonly ServiceMetrics _metrics = new(new AppIdentity("trainer"));

    [Fact]
    public async Task Run_WorkThatSucceeds_GivesItsResult()
    {
        var outcome = await Meter().RunAsync("collect", _ => Task.FromResult("done"));
        Assert.Equal(("done", null), (outcome.OrRefuse(), outcome.Refusal));
        await CountedAsync("succeeded");
    }

    [Fact]
    public async Task Run_WorkThatRefuses_IsAResultAndNoException()
    {
        var outcome = await Meter().RunAsync<string>("collect", _ => throw new TrainingException("too short"));
        Assert.Equal("too short", Assert.Throws<TrainingException>(outcome.OrRefuse).Message);
        await CountedAsync("refused");
    }

    [Fact]
    public async Task Run_ArtifactThatIsGone_IsRefusedForTryingAgainDoesNotBringItBack()
    {
        var outcome = await Meter().RunAsync<string>("collect", _ => throw new ArtifactException("artifact \"a\": chunk 0 of 1 is missing"));
        Assert.Equal("artifact \"a\": chunk 0 of 1 is missing; start the training again", outcome.Refusal);
        await CountedAsync("refused");
    }

    [Fact]
    public async Task Run_WorkThatFaults_ThrowsForTheEngineToRetry()
    {
        await Assert.ThrowsAsync<HttpRequestException>(() => Meter().RunAsync<string>("collect", _ => throw new HttpRequestException("away")));
        await CountedAsync("failed");
    }

    private StepMeter Meter() => new(_metrics, TimeProvider.System);

    private async Task CountedAsync(string result)
    {
        using var stream = new MemoryStream();
        await _metrics.Registry.CollectAndExportAsTextAsync(stream, CancellationToken.None);
        var text = System.Text.Encoding.UTF8.GetString(stream.ToArray());
        Assert.Contains($"{MetricNames.TrainingRuns}{{step=\"collect\",result=\"{result}\",app=\"trainer\"}} 1", text);
    }
}
