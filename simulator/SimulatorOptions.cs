using System.ComponentModel.DataAnnotations;

namespace Dapr.Anomaly.Simulator;

/// <summary>What to simulate.</summary>
public sealed record SimulatorOptions
{
    /// <summary>TCP port on the loopback interface; 0 takes a free one.</summary>
    [Range(0, 65535)]
    public int Port { get; init; }

    /// <summary>Seed of all randomness: the same seed and start give the same values.</summary>
    public int Seed { get; init; } = 7;

    /// <summary>Number of workloads. Default 12, one shop.</summary>
    [Range(1, 1200)]
    public int Workloads { get; init; } = 12;

    /// <summary>How much history there is at once. Default 14 d.</summary>
    public TimeSpan History { get; init; } = TimeSpan.FromDays(14);

    /// <summary>Distance of samples; divides an hour. Default 15 s.</summary>
    public TimeSpan Step { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Faults spread at random over the history, with labels. Default 0: only normal life.</summary>
    [Range(0, 100_000)]
    public int HistoryFaults { get; init; }

    /// <summary>Whether nothing happens in the two hours before the clock begins and the hour after it. Default yes.</summary>
    public bool QuietStart { get; init; } = true;

    /// <summary>What is wrong with the options, one line each.</summary>
    public IEnumerable<string> Errors()
    {
        List<ValidationResult> results = [];
        Validator.TryValidateObject(this, new ValidationContext(this), results, validateAllProperties: true);
        foreach (var result in results)
            yield return result.ErrorMessage ?? "invalid";
        if (Step < TimeSpan.FromSeconds(1) || TimeSpan.FromHours(1).Ticks % Step.Ticks != 0)
            yield return $"step {Step.TotalSeconds} s does not divide an hour; write 5s, 10s, 15s, 30s or 1m";
        if (History < TimeSpan.FromHours(1) || History > TimeSpan.FromDays(90))
            yield return $"history of {History.TotalHours} h is out of range; write 1h to 90d";
    }
}
