using System.Diagnostics;
using System.Globalization;

namespace Dapr.Anomaly.Cli.Processes;

/// <summary>A process that this one started: its lines as they come, why it ended, and an orderly end of it and its children.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private const int KeptLines = 5;

    private readonly Process _process;
    private readonly Queue<string> _lastErrors = new();

    private readonly ProcessGuard? _guard;

    private ChildProcess(Process process, Action<string> line, ProcessGuard? guard)
    {
        _process = process;
        _guard = guard;
        Ended = FollowAsync(Task.WhenAll(ReadAsync(process.StandardOutput, line, keep: false), ReadAsync(process.StandardError, line, keep: true)));
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>Completes with how it ended, for people: its exit code or signal, and the last lines of its standard error.</summary>
    public Task<string> Ended { get; }

    /// <param name="start">With standard output and error redirected.</param>
    /// <param name="line">Gets each line of both, one at a time for each.</param>
    /// <param name="guard">Ends the process when this one is killed; null for one that sees by itself that its standard input closed.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">There is no such program, or it may not be run.</exception>
    public static ChildProcess Start(ProcessStartInfo start, Action<string> line, ProcessGuard? guard)
    {
        guard?.Prepare();
        var process = Process.Start(start)!;
        guard?.Add(process.Id);
        return new(process, line, guard);
    }

    /// <summary>Asks the process to end, and ends it with all its children when it does not.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Terminate();
            using var limit = new CancellationTokenSource(Patience);
            await _process.WaitForExitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!_process.HasExited)
                _process.Kill(entireProcessTree: true);
        }
        await Ended;
    }

    private void Terminate()
    {
        if (OperatingSystem.IsWindows())
        {
            _process.Kill(entireProcessTree: true);
            return;
        }
        // It may end by itself in between (Ctrl-C reaches the whole terminal); kill then only complains.
        var start = new ProcessStartInfo("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardError = true };
        using var kill = Process.Start(start)!;
        kill.WaitForExit();
    }

    private async Task<string> FollowAsync(Task output)
    {
        await _process.WaitForExitAsync();
        _guard?.Remove(_process.Id);
        // A grandchild that outlives the process may hold its output open: what it still writes is nobody's reason.
        await Task.WhenAny(output, Task.Delay(TimeSpan.FromSeconds(1)));
        return Describe(_process.ExitCode);
    }

    private string Describe(int code)
    {
        var how = code > 128 && !OperatingSystem.IsWindows() ? $"was killed by signal {code - 128}" : $"ended with exit code {code}";
        lock (_lastErrors)
            return _lastErrors.Count == 0 || code == 0 ? how : $"{how}: {string.Join(" | ", _lastErrors)}";
    }

    private async Task ReadAsync(StreamReader from, Action<string> line, bool keep)
    {
        while (await from.ReadLineAsync() is { } text)
        {
            if (keep && text.Length > 0)
                lock (_lastErrors)
                {
                    _lastErrors.Enqueue(text);
                    if (_lastErrors.Count > KeptLines)
                        _lastErrors.Dequeue();
                }
            line(text);
        }
    }
}
