using System.Diagnostics;
using System.Text;

namespace Dapr.Anomaly.EndToEnd.Tests.Support;

/// <summary>A program of ours as a process of its own, so that it can be killed as an operating system kills.</summary>
internal sealed class ServiceProcess : IDisposable
{
    private static readonly Dictionary<string, string> NoSettings = [];

    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private ServiceProcess(Process process) => _process = process;

    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <param name="assembly">Of this test's output folder.</param>
    public static ServiceProcess Start(string assembly, params string[] arguments) => Start(assembly, NoSettings, arguments);

    /// <param name="settings">Further environment variables.</param>
    public static ServiceProcess Start(string assembly, IReadOnlyDictionary<string, string> settings, params string[] arguments)
    {
        var self = Path.Combine(AppContext.BaseDirectory, "Dapr.Anomaly.EndToEnd.Tests");
        return StartProgram(
            "dotnet",
            AppContext.BaseDirectory,
            settings,
            [
                "exec",
                "--runtimeconfig",
                $"{self}.runtimeconfig.json",
                "--depsfile",
                $"{self}.deps.json",
                Path.Combine(AppContext.BaseDirectory, assembly),
                .. arguments,
            ]
        );
    }

    /// <summary>Any program.</summary>
    public static ServiceProcess StartProgram(
        string program,
        string workingDirectory,
        IReadOnlyDictionary<string, string> settings,
        params string[] arguments
    )
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            WorkingDirectory = workingDirectory,
        };
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        var process = new Process { StartInfo = start };
        var service = new ServiceProcess(process);
        process.OutputDataReceived += (_, line) => service.Keep(line.Data);
        process.ErrorDataReceived += (_, line) => service.Keep(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return service;
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public Task WaitForExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (_output)
            _output.AppendLine(line);
    }
}
