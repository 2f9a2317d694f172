using Dapr.Anomaly.Core.Detection.Lstm;
using Dapr.Anomaly.Core.Series;
using static Dapr.Anomaly.Core.Tests.Detection.Lstm.LstmSeriesFactory;

namespace Dapr.Anomaly.Core.Tests.Detection.Lstm;

public class LstmTrainerTests
{
    [Fact]
    public void Fit_TwoSines_IsFarBetterThanTheLastValueAndCoversWhatItSays()
    {
        var fitted = LstmTrainer.Fit(Set(TwoSines(3000, 1), TwoSines(3000, 2, level: -4, size: 0.02)), Small, null, default);

        var (loss, naive) = PinballOfFreshSeries(fitted);
        Assert.True(loss < naive / 3, $"pinball {loss} against {naive} of the last value");
    }

    [Fact]
    public void Fit_SameSeed_GivesTheSameWeightsAndEpochs()
    {
        var options = Small with { Epochs = 2, Windows = 500 };

        var a = LstmTrainer.Fit(Set(TwoSines(1000, 1)), options, null, default);
        var b = LstmTrainer.Fit(Set(TwoSines(1000, 1)), options, null, default);
        var other = LstmTrainer.Fit(Set(TwoSines(1000, 1)), options with { Seed = 4 }, null, default);

        Assert.Equal(a.Network.Parameters, b.Network.Parameters);
        Assert.Equal(a.Epochs, b.Epochs);
        Assert.NotEqual(a.Network.Parameters.ToArray(), other.Network.Parameters.ToArray());
    }

    [Fact]
    public void Fit_ReportsEachEpochInOrder()
    {
        var epochs = new Recorder();

        var fitted = LstmTrainer.Fit(Set(TwoSines(1000, 1)), Small with { Epochs = 3, Windows = 500 }, epochs, default);

        Assert.Equal([1, 2, 3], epochs.Seen.Select(e => e.Epoch));
        Assert.Equal(fitted.Epochs, epochs.Seen);
        Assert.All(epochs.Seen, e => Assert.True(e.TrainingLoss > 0 && e.ValidationLoss > 0 && e.Epochs == 3));
        Assert.Equal(epochs.Seen.Min(e => e.ValidationLoss), fitted.ValidationLoss);
    }

    [Fact]
    public void Fit_ValidationThatNeverImproves_StopsAfterThePatience()
    {
        // A step size this small moves no weight enough to change the loss after the first epoch.
        var fitted = LstmTrainer.Fit(
            Set(TwoSines(1000, 1)),
            Small with
            {
                Windows = 300,
                Epochs = 20,
                LearningRate = 1e-30,
                FinalLearningRate = 1e-30,
            },
            null,
            default
        );

        Assert.Equal(4, fitted.Epochs.Count);
        Assert.Equal(1, fitted.BestEpoch);
    }

    [Fact]
    public void Fit_CancelledDuringTraining_Stops()
    {
        using var source = new CancellationTokenSource();

        Assert.Throws<OperationCanceledException>(() =>
            LstmTrainer.Fit(Set(TwoSines(1000, 1)), Small with { Windows = 300 }, new CancelAtFirst(source), source.Token)
        );
    }

    [Fact]
    public void Fit_LossThatOverflowsTwice_FailsWithTheEpochAndRate()
    {
        var error = Assert.Throws<LstmDivergedException>(() =>
            LstmTrainer.Fit(Set(TwoSines(1000, 1)), Small with { Windows = 300, LearningRate = 3e37 }, null, default)
        );

        Assert.StartsWith("LSTM training diverged at epoch 2 of 10: loss ", error.Message);
    }

    [Fact]
    public void Fit_ValueThatIsNotFinite_NamesSeriesAndPlace()
    {
        var values = TwoSines(500, 1).Values.ToArray();
        values[17] = float.NaN;

        var error = Assert.Throws<ArgumentException>(() =>
            LstmTrainer.Fit(Set(new LstmSeries(values, default, Start, SignalKind.Cpu, "checkout cpu")), Small, null, default)
        );

        Assert.Equal("series checkout cpu: value 17 of 500 is NaN; samples that are not there must be marked missing", error.Message);
    }

    [Fact]
    public void Fit_NotFiniteWhereMissing_IsNeverRead()
    {
        var series = TwoSines(1000, 1);
        var missing = new bool[1000];
        for (var i = 5; i < 1000; i += 37)
            missing[i] = true;
        var holes = series.Values.ToArray();
        for (var i = 0; i < holes.Length; i++)
            holes[i] = missing[i] ? float.NaN : holes[i];
        var options = Small with { Epochs = 1, Windows = 500 };

        var withNumbers = LstmTrainer.Fit(Set(series with { Missing = missing }), options, null, default);
        var withNaN = LstmTrainer.Fit(Set(series with { Missing = missing, Values = holes }), options, null, default);

        Assert.Equal(withNumbers.Network.Parameters, withNaN.Network.Parameters);
    }

    [Fact]
    public void Fit_OnlyConstantSeries_SaysThatNothingMoves()
    {
        var error = Assert.Throws<ArgumentException>(() =>
            LstmTrainer.Fit(Set(new LstmSeries(new float[500], default, Start, SignalKind.Cpu, "flat")), Small, null, default)
        );

        Assert.Contains("1 series give 0 training and 0 validation windows", error.Message);
        Assert.Contains("at least one that moves", error.Message);
    }

    [Fact]
    public void Fit_OptionOutOfRange_NamesKeyValueAndRange()
    {
        var error = Assert.Throws<ArgumentException>(() => LstmTrainer.Fit(Set(TwoSines(500, 1)), Small with { Steps = 2 }, null, default));

        Assert.Equal("LSTM option Steps is 2; it must be 8 to 512", error.Message);
    }

    [Fact]
    public void Cosine_EqualsTheReferenceSchedule()
    {
        var reference = LstmReference.Root.GetProperty("cosine_lr");
        var rates = LstmReference.Flat(reference.GetProperty("lr"));

        for (var i = 0; i < rates.Length; i++)
            Assert.Equal(rates[i], LstmTrainingRun.Cosine(0.003, 0.0003, i / reference.GetProperty("T_max").GetDouble()), 1e-12);
    }

    private static (double Loss, double Naive) PinballOfFreshSeries(FittedLstm fitted)
    {
        var design = fitted.Network.Design;
        var series = TwoSines(400, 99);
        var batches = new LstmBatches(Set(series), [WindowScale.LongRun(series.Values.Span, default)], design);
        var windows = Enumerable.Range(design.Steps, 300).Select(t => new LstmWindow(0, t)).ToArray();
        var pass = new LstmPass<float>(design.Shape, design.Steps, windows.Length);
        var targets = new float[pass.Batch];
        batches.Fill(windows, pass, targets);
        pass.Forward(fitted.Network.Parameters);
        var head = design.Head();
        var quantiles = new float[head.Rows * pass.Batch];
        head.Quantiles(pass.Output, quantiles, pass.Batch, windows.Length);
        double loss = 0,
            naive = 0;
        var inside = 0;
        for (var b = 0; b < windows.Length; b++)
        {
            var last = pass.Inputs[(design.Steps - 1) * pass.StepStride + b];
            for (var q = 0; q < head.Rows; q++)
            {
                loss += Pinball.At((float)design.Quantiles[q], targets[b], quantiles[q * pass.Batch + b]).Loss;
                naive += Pinball.At((float)design.Quantiles[q], targets[b], last).Loss;
            }
            inside += targets[b] > quantiles[b] && targets[b] < quantiles[(head.Rows - 1) * pass.Batch + b] ? 1 : 0;
        }
        Assert.InRange(inside / (double)windows.Length, 0.93, 1);
        return (loss / windows.Length, naive / windows.Length);
    }

    private sealed class Recorder : IProgress<LstmEpoch>
    {
        public List<LstmEpoch> Seen { get; } = [];

        public void Report(LstmEpoch value) => Seen.Add(value);
    }

    private sealed class CancelAtFirst(CancellationTokenSource source) : IProgress<LstmEpoch>
    {
        public void Report(LstmEpoch value) => source.Cancel();
    }
}
