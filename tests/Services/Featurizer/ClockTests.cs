using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Services.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Dapr.Anomaly.Services.Tests.Featurizer;

/// <summary>Samples from the future and clocks that jump: scoring goes on, seen at the service's own routes.</summary>
public sealed class ClockTests(SmallModel model) : IDisposable
{
    private const int Columns = 300;

    private static readonly DateTimeOffset Year2099 = new(2099, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The attack of the review: one sample dated 2099.</summary>
    [Fact]
    public async Task Sample_Of2099_IsRefusedAndToldAndTheOthersAreScored()
    {
        FakeTimeProvider time = new(model.End);
        await using (var featurizer = await RunningFeaturizer.StartAsync(_folder.Path, time, model))
        {
            await featurizer.DeliverAsync(model.Batch(Columns));
            await featurizer.DeliverAsync(At(Year2099));
            Assert.Equal(model.End - model.Step, (await featurizer.SeriesAsync(model.Series[4].Identity))!.Score!.Timestamp);
            Assert.Equal(
                model.Series.Count,
                await featurizer.MetricAsync("anomaly_detector_refused_samples_total{reason=\"future\",app=\"featurizer\"}")
            );
            Assert.Contains($"the first is of {model.Series[0].Identity}", featurizer.Log());

            await featurizer.DeliverAsync(At(model.End));
            Assert.Equal(model.End, (await featurizer.SeriesAsync(model.Series[4].Identity))!.Score!.Timestamp);
        }

        await using var again = await RunningFeaturizer.StartAsync(_folder.Path, time, model);
        await again.DeliverAsync(At(model.End + model.Step));
        Assert.Equal(model.End + model.Step, (await again.SeriesAsync(model.Series[4].Identity))!.Score!.Timestamp);
    }

    [Fact]
    public async Task Batch_ThatReachesIntoTheFuture_IsTakenAsFarAsTheClockSays()
    {
        FakeTimeProvider time = new(model.End - (100 * model.Step));
        await using var featurizer = await RunningFeaturizer.StartAsync(_folder.Path, time, model);
        await featurizer.DeliverAsync(model.Batch(Columns));
        // Columns end one step before the end: two steps ahead of the clock are the last that are taken.
        Assert.Equal(time.GetUtcNow() + (2 * model.Step), (await featurizer.SeriesAsync(model.Series[4].Identity))!.Score!.Timestamp);
        Assert.Equal(
            97 * model.Series.Count,
            await featurizer.MetricAsync("anomaly_detector_refused_samples_total{reason=\"future\",app=\"featurizer\"}")
        );
    }

    [Theory]
    [InlineData(-300)]
    [InlineData(-7200)]
    public async Task Clock_ThatIsSetBack_ScoringGoesOnAtTheNewTime(int seconds)
    {
        FakeTimeProvider time = new(model.End) { AutoAdvanceAmount = TimeSpan.Zero };
        await using var featurizer = await RunningFeaturizer.StartAsync(_folder.Path, time, model);
        await featurizer.DeliverAsync(model.Batch(Columns));
        var back = model.End.AddSeconds(seconds);
        time.AdjustTime(back);

        // A window that keeps nothing needs half an hour of new samples.
        var steps = seconds < -3600 ? 200 : 1;
        for (var i = 0; i < steps; i++)
        {
            time.AdjustTime(back + (i * model.Step));
            await featurizer.DeliverAsync(At(back + (i * model.Step), 1 + (i % 7 * 0.01)));
        }

        var series = (await featurizer.SeriesAsync(model.Series[4].Identity))!;
        Assert.Equal((back + ((steps - 1) * model.Step), SeriesState.Ok), (series.Score!.Timestamp, series.State));
        Assert.Equal(model.Series.Count, await featurizer.MetricAsync("anomaly_detector_rewound_windows_total{app=\"featurizer\"}"));
        Assert.Contains("was the clock set back?", featurizer.Log());
    }

    [Fact]
    public async Task Clock_ThatJumpsAheadAndBack_ScoringGoesOn()
    {
        FakeTimeProvider time = new(model.End);
        await using var featurizer = await RunningFeaturizer.StartAsync(_folder.Path, time, model);
        await featurizer.DeliverAsync(model.Batch(Columns));
        time.AdjustTime(model.End.AddMinutes(20));
        await featurizer.DeliverAsync(At(model.End.AddMinutes(20)));
        time.AdjustTime(model.End);
        await featurizer.DeliverAsync(At(model.End));
        Assert.Equal(model.End, (await featurizer.SeriesAsync(model.Series[4].Identity))!.Score!.Timestamp);
    }

    [Fact]
    public async Task Scores_OfASourceThatHangs_VanishAfterAFewSteps()
    {
        FakeTimeProvider time = new(model.End);
        await using var featurizer = await RunningFeaturizer.StartAsync(_folder.Path, time, model);
        await featurizer.DeliverAsync(model.Batch(Columns));
        Assert.Contains("anomaly_score{", await featurizer.Http.GetStringAsync("scores"));

        time.AdjustTime(model.End + (6 * model.Step));

        Assert.DoesNotContain("anomaly_score{", await featurizer.Http.GetStringAsync("scores"));
        time.AdjustTime(model.End.AddMinutes(6));
        Assert.Equal(SeriesState.NoData, (await featurizer.SeriesAsync(model.Series[4].Identity))!.State);
    }

    private MetricBatch At(DateTimeOffset time, double factor = 1)
    {
        var last = model.Batch(1).Samples;
        return new(0, 0, new(time, last.Step, 1, last.Series, [.. Enumerable.Range(0, last.Series.Count).Select(row => factor * last[row, 0])]));
    }
}
