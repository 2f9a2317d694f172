namespace Dapr.Anomaly.Core.Forecasting.Seasonal;

/// <summary>
/// What happens sharply at the same time each day (cron jobs, backups, reports) and no short Fourier sum can follow: the median residual of those
/// slots of the day whose residuals are large and agree between days, zero elsewhere. Linear between slots; where it is steep the slots do not say
/// when the change comes, so the deviation is wider.
/// </summary>
internal sealed class DailyTemplate
{
    private const double MinSize = 2;
    private const double MinAgreement = 0.75;
    private const int MinDays = 4;
    private const double MadToDeviation = 1.4826;
    private static readonly double MaxStepSeconds = TimeSpan.FromMinutes(15).TotalSeconds;

    private DailyTemplate(double phaseDays, double[] values) => (PhaseDays, Values) = (phaseDays, values);

    /// <summary>Start of slot 0 after midnight UTC.</summary>
    public double PhaseDays { get; }

    /// <summary>By slot, on scaled values.</summary>
    public double[] Values { get; }

    /// <summary>Null where nothing recurs, or the grid is uneven, coarse, or shorter than four days.</summary>
    /// <param name="seconds">Grid, epoch seconds.</param>
    /// <param name="residuals">By row; NaN where missing.</param>
    public static DailyTemplate? Of(ReadOnlySpan<double> seconds, ReadOnlySpan<double> residuals)
    {
        var step = seconds[1] - seconds[0];
        var slots = (int)Math.Round(86400 / step);
        if (step > MaxStepSeconds || slots * step != 86400 || seconds.Length < MinDays * slots || !IsEven(seconds, step))
            return null;
        var limit = MinSize * MadToDeviation * MedianOfAbsolutes(residuals);
        if (!(limit > 0))
            return null;
        var values = new double[slots];
        var some = false;
        List<double> days = [];
        for (var s = 0; s < slots; s++)
        {
            days.Clear();
            for (var r = s; r < residuals.Length; r += slots)
                if (!double.IsNaN(residuals[r]))
                    days.Add(residuals[r]);
            days.Sort();
            if (days.Count < MinDays || days[days.Count / 2] is var median && Math.Abs(median) < limit)
                continue;
            if (days.Count(d => d * Math.Sign(median) >= 0.5 * Math.Abs(median)) < MinAgreement * days.Count)
                continue;
            values[s] = median;
            some = true;
        }
        return some ? new(seconds[0] / 86400, values) : null;
    }

    /// <summary>Value and how much it changes within the slot.</summary>
    public (double Value, double Change) At(double days)
    {
        var since = days - PhaseDays;
        var position = (since - Math.Floor(since)) * Values.Length;
        var slot = Math.Floor(position);
        var (low, high) = (Values[(int)slot % Values.Length], Values[((int)slot + 1) % Values.Length]);
        return (low + (position - slot) * (high - low), high - low);
    }

    private static bool IsEven(ReadOnlySpan<double> seconds, double step)
    {
        for (var r = 1; r < seconds.Length; r++)
            if (seconds[r] - seconds[r - 1] != step)
                return false;
        return true;
    }

    private static double MedianOfAbsolutes(ReadOnlySpan<double> residuals)
    {
        List<double> sizes = [];
        foreach (var residual in residuals)
            if (!double.IsNaN(residual))
                sizes.Add(Math.Abs(residual));
        sizes.Sort();
        return sizes[sizes.Count / 2];
    }
}
