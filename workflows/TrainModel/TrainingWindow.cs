using System.Globalization;
using System.Text.RegularExpressions;

namespace Dapr.Anomaly.Workflows.TrainModel;

/// <summary>The <c>window</c> of a training as people write it.</summary>
public static partial class TrainingWindow
{
    public static readonly TimeSpan Shortest = TimeSpan.FromMinutes(30);
    public static readonly TimeSpan Longest = TimeSpan.FromDays(14);

    /// <exception cref="TrainingException">Not a duration, or outside 30 minutes to 14 days.</exception>
    public static TimeSpan Parse(string text)
    {
        var match = Form().Match(text);
        if (!match.Success)
            throw new TrainingException($"window: \"{text}\" is not a duration; write 45m, 12h or 2d");
        var number = double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        var window = match.Groups[2].Value switch
        {
            "m" => TimeSpan.FromMinutes(number),
            "h" => TimeSpan.FromHours(number),
            _ => TimeSpan.FromDays(number),
        };
        return window >= Shortest && window <= Longest ? window : throw new TrainingException($"window: {text} is outside 30m to 14d");
    }

    [GeneratedRegex(@"^(\d+(?:\.\d+)?)(m|h|d)$")]
    private static partial Regex Form();
}

/// <summary>Training cannot go on, and trying again would not help; the message says why in one line.</summary>
public sealed class TrainingException(string message) : Exception(message);
