using System.Diagnostics;

namespace Dapr.Anomaly.Cli.Bench.Pipeline;

/// <summary>CPU time and resident memory of a process at one moment.</summary>
internal readonly record struct ProcessUse(TimeSpan Cpu, long ResidentBytes)
{
    public static ProcessUse OfThis() => Of(Environment.ProcessId);

    public static ProcessUse Of(int processId)
    {
        using var process = Process.GetProcessById(processId);
        return new(process.TotalProcessorTime, process.WorkingSet64);
    }
}
