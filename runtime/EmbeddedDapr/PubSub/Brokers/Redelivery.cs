namespace Dapr.Embedded.PubSub.Brokers;

/// <summary>How long a failed message rests: 1 s, doubled with each delivery, at most 60 s.</summary>
internal static class Redelivery
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    public static TimeSpan PauseAfter(int delivery) => delivery >= 7 ? Longest : TimeSpan.FromSeconds(1 << Math.Max(0, delivery - 1));
}
