namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>How an LSTM is trained. The defaults take about 10 s on one core.</summary>
public sealed record LstmOptions
{
    /// <summary>Inputs of a window, steps (8 to 512).</summary>
    public int Steps { get; init; } = 60;

    /// <summary>Width of the state (4 to 128).</summary>
    public int Hidden { get; init; } = 32;

    /// <summary>Steps ahead that are forecast, 1..Horizons (1 to 240).</summary>
    public int Horizons { get; init; } = 1;

    /// <summary>Quantile levels, increasing, with 0.5 among them.</summary>
    public IReadOnlyList<double> Quantiles { get; init; } = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];

    /// <summary>Windows drawn for training.</summary>
    public int Windows { get; init; } = 20_000;

    /// <summary>Most windows that one series gives, so that no series rules the model.</summary>
    public int WindowsPerSeries { get; init; } = 2_000;

    /// <summary>A window this much older is drawn half as often.</summary>
    public TimeSpan RecencyHalfLife { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Newest share of each series that is kept for validation (0.02 to 0.5).</summary>
    public double ValidationShare { get; init; } = 0.15;

    /// <summary>Largest share of missing inputs in a training window (0 to 0.9).</summary>
    public double MaxMissing { get; init; } = 0.25;

    /// <summary>
    /// Share of the series' long-run scale that is added to each window's own, so that noise on a flat window stays small (0 to 1).
    /// 0.3 ranked best with held evidence on the tuning sets (ASD omi-1 to 3, Microsoft cloud monitoring) among 0.1, 0.2, 0.3 and 1.
    /// </summary>
    public double ScaleFloor { get; init; } = 0.3;

    public int Epochs { get; init; } = 12;

    public int Batch { get; init; } = 64;

    /// <summary>Step size of Adam at the start; it falls by a cosine to <see cref="FinalLearningRate"/>.</summary>
    public double LearningRate { get; init; } = 5e-3;

    public double FinalLearningRate { get; init; } = 3e-4;

    /// <summary>Largest norm of a batch's gradient.</summary>
    public double ClipNorm { get; init; } = 1;

    /// <summary>Epochs without a better validation loss before training stops.</summary>
    public int Patience { get; init; } = 3;

    public ulong Seed { get; init; } = 1;

    internal void Validate()
    {
        Require(Steps is >= 8 and <= 512, nameof(Steps), Steps, "8 to 512");
        Require(Hidden is >= 4 and <= 128, nameof(Hidden), Hidden, "4 to 128");
        Require(Horizons is >= 1 and <= 240, nameof(Horizons), Horizons, "1 to 240");
        Require(Windows >= 1, nameof(Windows), Windows, "1 or more");
        Require(WindowsPerSeries >= 1, nameof(WindowsPerSeries), WindowsPerSeries, "1 or more");
        Require(RecencyHalfLife > TimeSpan.Zero, nameof(RecencyHalfLife), RecencyHalfLife, "a positive time");
        Require(ValidationShare is >= 0.02 and <= 0.5, nameof(ValidationShare), ValidationShare, "0.02 to 0.5");
        Require(MaxMissing is >= 0 and <= 0.9, nameof(MaxMissing), MaxMissing, "0 to 0.9");
        Require(ScaleFloor is >= 0 and <= 1, nameof(ScaleFloor), ScaleFloor, "0 to 1");
        Require(Epochs >= 1, nameof(Epochs), Epochs, "1 or more");
        Require(Batch is >= 1 and <= 4096, nameof(Batch), Batch, "1 to 4096");
        Require(LearningRate > 0, nameof(LearningRate), LearningRate, "a positive number");
        Require(
            FinalLearningRate > 0 && FinalLearningRate <= LearningRate,
            nameof(FinalLearningRate),
            FinalLearningRate,
            $"positive and at most {nameof(LearningRate)}"
        );
        Require(ClipNorm > 0, nameof(ClipNorm), ClipNorm, "a positive number");
        Require(Patience >= 1, nameof(Patience), Patience, "1 or more");

        static void Require(bool holds, string key, object value, string right)
        {
            if (!holds)
                throw new ArgumentException(FormattableString.Invariant($"LSTM option {key} is {value}; it must be {right}"));
        }
    }
}
