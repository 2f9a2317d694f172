namespace Dapr.Anomaly.Cli.Demo;

/// <summary>Burns every core of this machine for real, for a Prometheus that watches it.</summary>
public sealed class CpuBurner : IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    public CpuBurner()
    {
        for (var i = 0; i < Environment.ProcessorCount; i++)
            new Thread(Burn)
            {
                IsBackground = true,
                Priority = ThreadPriority.BelowNormal,
                Name = "cpu-burner",
            }.Start();
    }

    public void Dispose() => _stop.Cancel();

    private void Burn()
    {
        var x = 0.5;
        while (!_stop.IsCancellationRequested)
            for (var i = 0; i < 100_000; i++)
                x = Math.Sqrt(x + i);
    }
}
