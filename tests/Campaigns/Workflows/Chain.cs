namespace Dapr.Anomaly.Campaigns.Tests.Workflows;

/// <summary>One instance of the workflow Chain of tests/KillableApps and what its client did to it.</summary>
internal sealed class Chain
{
    public const int Steps = 5;

    /// <summary>Events beside the one that closes the chain.</summary>
    public const int Notes = 3;

    /// <param name="number">From 0.</param>
    /// <param name="random">Gives its durations.</param>
    public Chain(int number, Random random)
    {
        Id = $"chain-{number}";
        Input = new ChainInput([.. Enumerable.Range(0, Steps).Select(_ => random.Next(50, 1000))], Notes, random.Next(50, 600));
        Moments = [.. Enumerable.Range(0, Notes).Select(_ => random.NextDouble()).Order()];
    }

    public string Id { get; }

    public ChainInput Input { get; }

    /// <summary>When the notes are raised, as parts of the life of the chain, ascending in 0..1.</summary>
    public double[] Moments { get; }

    /// <summary>Each attempt to raise an event, in the order in which they were made; one is over before the next begins.</summary>
    public List<Attempt> Attempts { get; } = [];

    /// <summary>Its client has seen its end.</summary>
    public bool IsOver { get; set; }
}

/// <param name="Payload">Different for each attempt.</param>
/// <param name="Acknowledged">The runtime answered; else its process was killed before it could.</param>
internal readonly record struct Attempt(string Payload, bool Acknowledged);

/// <summary>The input, as tests/KillableApps reads it.</summary>
internal sealed record ChainInput(int[] DelaysMilliseconds, int Notes, int TimerMilliseconds);

/// <summary>The input of a step, as it stands in a history.</summary>
internal sealed record StepInput(int Step, long Previous);

/// <summary>The output of a chain.</summary>
internal sealed record ChainOutput(long[] Values, string[] Notes);
