namespace Dapr.Anomaly.Platform.Configuration;

/// <summary>When models are fitted, by name of the scheduler.</summary>
public sealed record SchedulersConfiguration(IReadOnlyDictionary<string, SchedulerConfiguration> ByName)
{
    /// <summary>One, <c>daily</c>.</summary>
    public static readonly SchedulersConfiguration Default = new(
        new Dictionary<string, SchedulerConfiguration> { ["daily"] = SchedulerConfiguration.Default }
    );

    /// <summary>The most history that any of them learns from.</summary>
    public TimeSpan MaxFitWindow => ByName.Values.Max(static s => s.FitWindow);
}

/// <summary>When to fit.</summary>
/// <param name="FitEvery">Distance of fits. Default 24 h.</param>
/// <param name="FitWindow">History that a fit sees, from half an hour to four weeks. Default 14 d.</param>
public sealed record SchedulerConfiguration(TimeSpan FitEvery, TimeSpan FitWindow)
{
    public static readonly SchedulerConfiguration Default = new(TimeSpan.FromHours(24), TimeSpan.FromDays(14));

    /// <summary>Less has nothing to fit, calibrate and report on.</summary>
    public static readonly TimeSpan MinWindow = TimeSpan.FromMinutes(30);

    /// <summary>Four weeks in steps of five minutes are 8,064 values, 64 KB of memory a series; the longest season that is learnt is a
    /// week.</summary>
    public static readonly TimeSpan MaxWindow = TimeSpan.FromDays(28);
}
