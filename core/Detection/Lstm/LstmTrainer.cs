using System.Globalization;
using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>
/// Trains the global quantile LSTM: windows of many series, full back-propagation through time, Adam with a cosine schedule,
/// early stop on the newest part of each series. One thread; about 4H(I+H)·steps·windows·3 multiply-adds an epoch.
/// </summary>
public static class LstmTrainer
{
    /// <summary>Fits a network.</summary>
    /// <exception cref="ArgumentException">An option or a series is wrong, or no window is complete; the message names it.</exception>
    /// <exception cref="LstmDivergedException">The loss was not finite twice in a row.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; checked at each batch.</exception>
    public static FittedLstm Fit(LstmTrainingSet set, LstmOptions options, IProgress<LstmEpoch>? progress, CancellationToken cancellationToken)
    {
        options.Validate();
        if (set.Step <= TimeSpan.Zero)
            throw new ArgumentException($"the step of a training set is {set.Step}; it must be positive", nameof(set));
        foreach (var series in set.Series)
            series.Validate();
        var design = new LstmDesign(options.Steps, options.Hidden, options.Horizons, options.Quantiles, set.Step, options.ScaleFloor);
        var random = new Xoshiro256(options.Seed);
        var parameters = Initial(design.Shape, random);
        var (moving, scales) = Moving(set, 1 - options.ValidationShare);
        var (training, validation) = LstmWindowSampler.Sample(moving, options, random);
        if (training.Length == 0 || validation.Length == 0)
            throw new ArgumentException(
                $"{set.Series.Count} series give {training.Length} training and {validation.Length} validation windows of {options.Steps} inputs and "
                    + $"{options.Horizons} targets; longer or more complete series are needed, and at least one that moves",
                nameof(set)
            );

        var run = new LstmTrainingRun(new LstmBatches(moving, scales, design), options, parameters);
        var schedule = new EpochSchedule(options.Patience);
        for (var epoch = 1; epoch <= options.Epochs && !schedule.Stopped; epoch++)
        {
            random.Shuffle<LstmWindow>(training);
            var loss = run.Train(training, epoch, cancellationToken);
            var validationLoss = double.IsFinite(loss) ? run.Evaluate(validation, cancellationToken) : loss;
            if (!double.IsFinite(validationLoss))
            {
                if (schedule.Diverged() || (epoch == options.Epochs && schedule.Best is null))
                    throw new LstmDivergedException(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"LSTM training diverged at epoch {epoch} of {options.Epochs}: loss {validationLoss}, "
                                + $"learning rate {run.LearningRate:g3}, seed {options.Seed}"
                        )
                    );
                run.BackOff(schedule.Best);
                continue;
            }
            var finished = new LstmEpoch(epoch, options.Epochs, loss, validationLoss, run.LearningRate);
            schedule.Finished(finished, run.Parameters);
            progress?.Report(finished);
        }
        var usedSeries = training.Select(w => w.Series).Distinct().Count();
        return new(new(design, schedule.Best!), options.Seed, schedule.Epochs, schedule.BestEpoch, training.Length, validation.Length, usedSeries);
    }

    /// <summary>Uniform ±1/√H, biases 0, forget biases 1.</summary>
    private static float[] Initial(LstmShape shape, Xoshiro256 random)
    {
        var parameters = new float[shape.Parameters];
        var bound = 1 / MathF.Sqrt(shape.Hidden);
        foreach (ref var w in parameters.AsSpan(0, shape.GateBiasAt))
            w = bound * (2 * random.NextSingle() - 1);
        foreach (ref var w in parameters.AsSpan(shape.HeadAt, shape.HeadBiasAt - shape.HeadAt))
            w = bound * (2 * random.NextSingle() - 1);
        parameters.AsSpan(shape.GateBiasAt + 2 * shape.Hidden, shape.Hidden).Fill(1);
        return parameters;
    }

    /// <summary>Series with the long-run scale of their training part; one that never moves there teaches nothing and has no scale.</summary>
    private static (LstmTrainingSet Set, double[] Scales) Moving(LstmTrainingSet set, double trainingShare)
    {
        var series = new List<LstmSeries>();
        var scales = new List<double>();
        foreach (var s in set.Series)
        {
            var past = (int)Math.Floor(s.Values.Length * trainingShare);
            if (WindowScale.LongRun(s.Values.Span[..past], s.Missing.IsEmpty ? default : s.Missing.Span[..past]) is > 0 and var scale)
            {
                series.Add(s);
                scales.Add(scale);
            }
        }
        return (set with { Series = series }, [.. scales]);
    }
}
