using Dapr.Anomaly.Core.Detection.Lstm;
using static Dapr.Anomaly.Core.Tests.Detection.Lstm.LstmSeriesFactory;

namespace Dapr.Anomaly.Core.Tests.Detection.Lstm;

public class EpochScheduleTests
{
    [Fact]
    public void Finished_BetterThenWorse_KeepsTheBestWeightsAndStopsAfterThePatience()
    {
        var schedule = new EpochSchedule(patience: 2);

        schedule.Finished(Epoch(1, 5), [1]);
        schedule.Finished(Epoch(2, 3), [2]);
        schedule.Finished(Epoch(3, 3), [3]);
        Assert.False(schedule.Stopped);
        schedule.Finished(Epoch(4, 4), [4]);

        Assert.True(schedule.Stopped);
        Assert.Equal([2f], schedule.Best!);
        Assert.Equal(2, schedule.BestEpoch);
    }

    [Fact]
    public void Diverged_OnlyTwiceWithoutAFinishedEpochBetween_IsTwiceInARow()
    {
        var schedule = new EpochSchedule(patience: 3);

        Assert.False(schedule.Diverged());
        schedule.Finished(Epoch(2, 3), [2]);
        Assert.False(schedule.Diverged());
        Assert.True(schedule.Diverged());
    }

    [Fact]
    public void BackOff_AfterAnEpoch_RestoresTheGivenOrTheFirstWeightsAndHalvesTheRate()
    {
        var design = new LstmDesign(16, 4, 1, [0.1, 0.5, 0.9], Step, 0.1);
        var options = Small with { Steps = 16, Hidden = 4, Quantiles = design.Quantiles, LearningRate = 4e-3, FinalLearningRate = 4e-3 };
        var start = Enumerable.Range(0, design.Shape.Parameters).Select(i => 0.01f * (i % 7 - 3)).ToArray();
        var run = new LstmTrainingRun(new(Set(TwoSines(200, 1)), [5], design), options, [.. start]);
        LstmWindow[] windows = [.. Enumerable.Range(16, 100).Select(t => new LstmWindow(0, t))];
        run.Train(windows, 1, default);
        Assert.Equal(4e-3, run.LearningRate, 1e-12);
        Assert.NotEqual(start, run.Parameters.ToArray());

        run.BackOff(null);
        Assert.Equal(start, run.Parameters.ToArray());
        run.Train(windows, 2, default);
        Assert.Equal(2e-3, run.LearningRate, 1e-12);

        float[] good = [.. start.Select(w => w + 1)];
        run.BackOff(good);
        Assert.Equal(good, run.Parameters.ToArray());
    }

    private static LstmEpoch Epoch(int number, double validationLoss) => new(number, 9, 1, validationLoss, 1e-3);
}
