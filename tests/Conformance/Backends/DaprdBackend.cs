using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Dapr.Conformance.Tests.Backends;

/// <summary>The real runtime from binaries: daprd, placement and scheduler of <c>dapr init --slim</c>.</summary>
internal sealed class DaprdBackend : IDaprBackend
{
    private readonly string _daprd;
    private readonly string _placement;
    private readonly string _scheduler;
    private readonly string _folder = Directory.CreateTempSubdirectory("conformance-daprd-").FullName;
    private readonly List<Process> _processes = [];
    private (int Placement, int Scheduler)? _control;

    private DaprdBackend(string daprd, string placement, string scheduler) => (_daprd, _placement, _scheduler) = (daprd, placement, scheduler);

    public string Name => "daprd";

    public string ActorStateStore => BackendChoice.InMemoryStore;

    public string AppHost => "127.0.0.1";

    public static (IDaprBackend? Backend, string? Reason) Make()
    {
        var daprd = Find("daprd", "DAPRD_BIN");
        var placement = Find("placement", "PLACEMENT_BIN");
        var scheduler = Find("scheduler", "SCHEDULER_BIN");
        if (daprd is not null && placement is not null && scheduler is not null)
            return (new DaprdBackend(daprd, placement, scheduler), null);
        var missing = new[] { (daprd, "daprd", "DAPRD_BIN"), (placement, "placement", "PLACEMENT_BIN"), (scheduler, "scheduler", "SCHEDULER_BIN") }
            .Where(each => each.Item1 is null)
            .Select(each => $"{each.Item2} (PATH or {each.Item3})");
        return (null, $"ANOMALY_DAPR is daprd, but these binaries were not found: {string.Join(", ", missing)}. 'dapr init --slim' installs them.");
    }

    public async Task<RunningSidecar> StartAsync(SidecarSpec spec, CancellationToken cancellationToken)
    {
        var (placement, scheduler) = _control ??= await StartControlPlaneAsync(cancellationToken);
        var (http, grpc) = (FreePort(), FreePort());
        List<string> arguments =
        [
            "--app-id",
            spec.AppId,
            "--dapr-http-port",
            Text(http),
            "--dapr-grpc-port",
            Text(grpc),
            "--metrics-port",
            Text(FreePort()),
            "--dapr-internal-grpc-port",
            Text(FreePort()),
            "--resources-path",
            spec.ResourcesFolder,
            "--placement-host-address",
            $"127.0.0.1:{placement}",
            "--scheduler-host-address",
            $"127.0.0.1:{scheduler}",
        ];
        if (spec.AppPort is { } port)
            arguments.AddRange(["--app-port", Text(port)]);
        if (spec.ConfigFile is { } config)
            arguments.AddRange(["--config", config]);
        var process = Run(_daprd, arguments, ("DAPR_API_TOKEN", spec.ApiToken), ("APP_API_TOKEN", spec.AppToken));
        Uri address = new($"http://127.0.0.1:{http}");
        await Health.WaitAsync(address, cancellationToken);
        return new RunningSidecar(
            spec.AppId,
            address,
            new Uri($"http://127.0.0.1:{grpc}"),
            () =>
            {
                Stop(process);
                return ValueTask.CompletedTask;
            }
        );
    }

    public ValueTask DisposeAsync()
    {
        foreach (var each in Enumerable.Reverse(_processes))
            Stop(each);
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private static string? Find(string name, string variable)
    {
        if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } given)
            return File.Exists(given) ? given : null;
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Append(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".dapr", "bin"));
        return folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }

    private async Task<(int Placement, int Scheduler)> StartControlPlaneAsync(CancellationToken cancellationToken)
    {
        var (placement, scheduler) = (FreePort(), FreePort());
        var (placementHealth, schedulerHealth) = (FreePort(), FreePort());
        Run(_placement, ["--port", Text(placement), "--healthz-port", Text(placementHealth), "--metrics-port", Text(FreePort())]);
        Run(
            _scheduler,
            [
                "--port",
                Text(scheduler),
                "--healthz-port",
                Text(schedulerHealth),
                "--metrics-port",
                Text(FreePort()),
                "--etcd-data-dir",
                Path.Combine(_folder, "scheduler"),
                "--etcd-client-port",
                Text(FreePort()),
            ]
        );
        await Health.WaitForPortAsync(placement, cancellationToken);
        await Health.WaitForPortAsync(scheduler, cancellationToken);
        return (placement, scheduler);
    }

    private Process Run(string file, IEnumerable<string> arguments, params (string Name, string? Value)[] environment)
    {
        ProcessStartInfo start = new(file, arguments)
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            if (value is not null)
                start.Environment[name] = value;
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{file} did not start.");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _processes.Add(process);
        return process;
    }

    private static void Stop(Process process)
    {
        if (process.HasExited)
            return;
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
