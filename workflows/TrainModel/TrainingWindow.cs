using System.Globalization;
using System.Text.RegularExpressions;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Prometheus;

namespace Dapr.Anomaly.Workflows.TrainModel;

/// <summary>How far back a training looks, as people write it.</summary>
public static partial class TrainingWindow
{
    public static readonly TimeSpan Shortest = SchedulerConfiguration.MinWindow;
    public static readonly TimeSpan Longest = TimeSpan.FromDays(14);
    public static readonly TimeSpan MaxCoarse = SchedulerConfiguration.MaxWindow;

    /// <summary>What is learnt at full resolution where nobody says otherwise.</summary>
    public static readonly TimeSpan Default = TimeSpan.FromHours(12);

    /// <summary>
    /// How much of a scheduler's <c>fit_window</c> is learnt at full resolution: the newest twelve hours, which are 2,880 samples a series at 15 s.
    /// That is what trainings were measured with (4,500 series: 139 s and 570 MB); the whole of 14 days would be 28 times as much.
    /// All of the window is learnt in the coarse view of five minutes.
    /// </summary>
    public static TimeSpan FullResolutionOf(TimeSpan fitWindow) => fitWindow < Default ? fitWindow : Default;

    /// <summary>The window at full resolution.</summary>
    /// <exception cref="TrainingException">Not a duration, or outside 30 minutes to 14 days.</exception>
    public static TimeSpan Parse(string? text) => Parse("window", text, Longest);

    /// <summary>The window of the coarse view.</summary>
    /// <exception cref="TrainingException">Not a duration, or outside 30 minutes to four weeks.</exception>
    public static TimeSpan ParseCoarse(string? text) => Parse("coarseWindow", text, MaxCoarse);

    private static TimeSpan Parse(string name, string? text, TimeSpan longest)
    {
        if (Read(text ?? "") is not { } window)
            throw new TrainingException($"{name}: \"{text}\" is not a duration; write 45m, 12h or 2d");
        return window >= Shortest && window <= longest
            ? window
            : throw new TrainingException($"{name}: {text} is outside {PromDuration.Format(Shortest)} to {longest.TotalDays:0}d");
    }

    private static TimeSpan? Read(string text)
    {
        if (PromDuration.TryParse(text, out var duration))
            return duration;
        var match = Decimal().Match(text);
        if (!match.Success || !double.TryParse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture, out var number) || number > 1000)
            return null;
        return match.Groups[2].Value switch
        {
            "m" => TimeSpan.FromMinutes(number),
            "h" => TimeSpan.FromHours(number),
            _ => TimeSpan.FromDays(number),
        };
    }

    [GeneratedRegex(@"^(\d+\.\d+)(m|h|d)$")]
    private static partial Regex Decimal();
}
