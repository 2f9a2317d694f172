using System.Diagnostics;

namespace Dapr.Anomaly.Cli.Processes;

/// <summary>
/// Ends the children of this process when it is gone, however it went: a shell that reads their ids from a pipe, and, when the pipe closes, ends
/// those that are left with all their descendants. kill -9 leaves no other chance, and apps of a run file are not ours to change. Unix only; on
/// Windows apps outlive a runtime that was killed.
/// </summary>
internal sealed class ProcessGuard : IDisposable
{
    /// <summary>It ignores the terminal's signals, since it has to be the last; five seconds pass between asking and killing.</summary>
    private const string Script = """
        exec >/dev/null 2>&1
        trap '' INT TERM HUP QUIT
        children=
        while read -r line; do
          case $line in
            +*) children="$children ${line#+}" ;;
            -*) left=; for id in $children; do [ "$id" = "${line#-}" ] || left="$left $id"; done; children=$left ;;
          esac
        done
        [ -n "$children" ] || exit 0
        family=$(ps -A -o pid= -o ppid= | awk -v roots="$children" '
          BEGIN { n = split(roots, root, " "); for (i = 1; i <= n; i++) known[root[i]] = 1 }
          { id[NR] = $1; parent[NR] = $2 }
          END {
            do { more = 0; for (i = 1; i <= NR; i++) if ((parent[i] in known) && !(id[i] in known)) { known[id[i]] = 1; more = 1 } } while (more)
            for (p in known) print p
          }')
        family=${family:-$children}
        kill -TERM $family
        for i in 1 2 3 4 5 6 7 8 9 10; do
          left=; for id in $family; do kill -0 $id && left="$left $id"; done
          [ -n "$left" ] || exit 0
          sleep 0.5
        done
        kill -KILL $left
        """;

    private const string Shell = "/bin/sh";

    private readonly Lock _gate = new();
    private readonly HashSet<int> _children = [];
    private Process? _shell;

    /// <summary>To be called before a process is started, so that no time passes between its start and <see cref="Add"/>.</summary>
    public void Prepare()
    {
        lock (_gate)
            Write("");
    }

    /// <summary>The process ends when this one is gone.</summary>
    public void Add(int processId)
    {
        lock (_gate)
        {
            _children.Add(processId);
            Write($"+{processId}");
        }
    }

    /// <summary>The process has ended; its id may become another's.</summary>
    public void Remove(int processId)
    {
        lock (_gate)
        {
            _children.Remove(processId);
            Write($"-{processId}");
        }
    }

    /// <summary>Ends the guard, and with it the children that are left.</summary>
    public void Dispose()
    {
        _shell?.StandardInput.Dispose();
        _shell?.Dispose();
    }

    private void Write(string line)
    {
        if (OperatingSystem.IsWindows() || !File.Exists(Shell))
            return;
        try
        {
            if (_shell is null or { HasExited: true })
            {
                _shell = Process.Start(new ProcessStartInfo(Shell, ["-c", Script]) { RedirectStandardInput = true })!;
                line = string.Join('\n', _children.Select(child => $"+{child}"));
            }
            _shell.StandardInput.WriteLine(line);
            _shell.StandardInput.Flush();
        }
        catch (IOException)
        {
            // Somebody ended the guard this moment; the next child starts another one, which is told of all.
        }
    }
}
