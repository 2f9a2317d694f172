using Dapr.Anomaly.Simulator.Cluster;

namespace Dapr.Anomaly.Cli.Demo;

/// <summary>Keys of the live demo.</summary>
internal static class FaultKeys
{
    private static readonly TimeSpan Duration = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    public static readonly IReadOnlyList<(char Key, string Text, FaultKind Fault, string Workload)> All =
    [
        ('c', "CPU fault", FaultKind.Cpu, "checkout"),
        ('l', "memory leak", FaultKind.MemoryLeak, "cart"),
        ('e', "errors", FaultKind.Errors, "payment"),
        ('d', "bad deploy", FaultKind.BadDeploy, "recommendation"),
        ('h', "healthy deploy", FaultKind.HealthyDeploy, "frontend"),
    ];

    /// <summary>Injects what the keys say until q, which cancels <paramref name="quit"/>.</summary>
    public static async Task ReadAsync(RunningSimulator simulator, Screen screen, CancellationTokenSource quit)
    {
        while (!quit.IsCancellationRequested)
        {
            if (!System.Console.KeyAvailable)
            {
                await Task.Delay(Poll, CancellationToken.None);
                continue;
            }
            var key = char.ToLowerInvariant(System.Console.ReadKey(intercept: true).KeyChar);
            if (key == 'q')
                await quit.CancelAsync();
            else if (All.FirstOrDefault(k => k.Key == key) is { Text: not null } fault)
            {
                simulator.Inject(fault.Fault, fault.Workload, Duration);
                screen.Plain($"          {fault.Text} of boutique/{fault.Workload} begins");
            }
        }
    }
}
