using System.Diagnostics;
using System.Text;

namespace Dapr.Anomaly.EndToEnd.Tests.Support;

/// <summary>A program of ours as a process of its own, so that it can be killed as an operating system kills.</summary>
internal sealed class ServiceProcess : IDisposable
{
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
    public static ServiceProcess Start(string assembly, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        var self = Path.Combine(AppContext.BaseDirectory, "Dapr.Anomaly.EndToEnd.Tests");
        foreach (
            var argument in (string[])
                [
                    "exec",
                    "--runtimeconfig",
                    $"{self}.runtimeconfig.json",
                    "--depsfile",
                    $"{self}.deps.json",
                    Path.Combine(AppContext.BaseDirectory, assembly),
                    .. arguments,
                ]
        )
            start.ArgumentList.Add(argument);
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
