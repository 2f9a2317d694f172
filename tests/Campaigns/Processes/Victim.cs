using System.Diagnostics;

namespace Dapr.Anomaly.Campaigns.Tests.Processes;

/// <summary>
/// A process that is started again at once whenever it ends, until the campaign is over. An end that no kill brought about is kept as a death.
/// </summary>
internal sealed class Victim : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly Func<int, ProcessStartInfo> start;
    private readonly string up;
    private readonly Action<int, string> onLine;
    private readonly Queue<string> lastErrors = new();
    private readonly Task living;
    private Process? current;
    private bool isKilled;
    private bool isOver;
    private volatile bool isUp;

    /// <param name="name">Stands in the report.</param>
    /// <param name="start">How to start it; is given the number of the life, from 1.</param>
    /// <param name="up">Is in the line of its output that says that it is up.</param>
    /// <param name="onLine">Gets each line of its output, with the number of the life that wrote it.</param>
    public Victim(string name, Func<int, ProcessStartInfo> start, string up, Action<int, string> onLine)
    {
        (Name, this.start, this.up, this.onLine) = (name, start, up, onLine);
        living = Task.Run(LiveAsync);
    }

    public string Name { get; }

    /// <summary>It has said that it is up and was not killed since.</summary>
    public bool IsUp => isUp;

    public int Lives { get; private set; }

    public int Kills { get; private set; }

    /// <summary>Ends that were no kill, with what it wrote last.</summary>
    public List<string> Deaths { get; } = [];

    /// <summary>Lines of its log that tell of an error.</summary>
    public int ErrorLines { get; private set; }

    /// <summary>SIGKILL; false when it is between two lives.</summary>
    public bool Kill()
    {
        lock (gate)
        {
            if (current is null || isKilled || current.HasExited)
                return false;
            isKilled = true;
            isUp = false;
            Kills++;
            current.Kill();
            return true;
        }
    }

    /// <summary>The CPU time and the memory of the present life; null between two lives.</summary>
    public (TimeSpan Cpu, long WorkingSetBytes, int Threads)? Look()
    {
        lock (gate)
        {
            if (current is null || current.HasExited)
                return null;
            current.Refresh();
            return (current.TotalProcessorTime, current.WorkingSet64, current.Threads.Count);
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (gate)
        {
            isOver = true;
            if (current is { HasExited: false })
                current.Kill();
        }
        await living;
    }

    private async Task LiveAsync()
    {
        while (Begin() is { } process)
        {
            using (process)
            {
                await process.WaitForExitAsync(CancellationToken.None);
                lock (gate)
                {
                    if (!isKilled && !isOver)
                        Deaths.Add($"{Name}, life {Lives}, ended with {process.ExitCode}: {string.Join(" | ", lastErrors)}");
                    current = null;
                }
            }
        }
    }

    private Process? Begin()
    {
        lock (gate)
        {
            // A program that cannot live is not started for ever.
            if (isOver || Deaths.Count > 5)
                return null;
            isKilled = false;
            var life = ++Lives;
            var process = Process.Start(start(life))!;
            process.OutputDataReceived += (_, line) => Read(life, line.Data);
            process.ErrorDataReceived += (_, line) => Read(life, line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            return current = process;
        }
    }

    private void Read(int life, string? line)
    {
        if (line is null)
            return;
        lock (gate)
        {
            if (line.Contains(" fail: ", StringComparison.Ordinal) || line.Contains(" crit: ", StringComparison.Ordinal))
                ErrorLines++;
            isUp |= !isKilled && life == Lives && line.Contains(up, StringComparison.Ordinal);
            lastErrors.Enqueue(line);
            if (lastErrors.Count > 12)
                lastErrors.Dequeue();
        }
        onLine(life, line);
    }
}
