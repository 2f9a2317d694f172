using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Tests.Support;

/// <summary>A real server of a Debian package, on a free port, in the foreground of the test.</summary>
internal sealed class RealServer : IAsyncDisposable
{
    private readonly Process _process;

    private RealServer(Process process, Uri url) => (_process, Url) = (process, url);

    public Uri Url { get; }

    /// <summary>Skips the test when a binary is absent; with ANOMALY_REQUIRE_REAL=1 fails it.</summary>
    public static void Require(params string[] binaries)
    {
        if (Missing(binaries) is { } reason)
            Assert.Skip(reason);
    }

    /// <summary>What a test needs could not be had: skips the test; with ANOMALY_REQUIRE_REAL=1 fails it.</summary>
    public static void Missed(string reason)
    {
        FailIfRequired(reason);
        Assert.Skip(reason);
    }

    /// <summary>For a test that can do without: false when a binary is absent; with ANOMALY_REQUIRE_REAL=1 fails it.</summary>
    public static bool IsThere(string binary) => Missing(binary) is null;

    /// <param name="readyPath">Answers 200 when the server is up; null when a connection is enough.</param>
    public static async Task<RealServer> StartAsync(string binary, int port, string? readyPath, params string[] arguments)
    {
        Require(binary);
        var process = Process.Start(new ProcessStartInfo(Find(binary)!, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var log = process.StandardError.ReadToEndAsync();
        _ = process.StandardOutput.ReadToEndAsync();
        var server = new RealServer(process, new Uri($"http://127.0.0.1:{port}"));
        using var http = new HttpClient { BaseAddress = server.Url };
        var begun = Stopwatch.StartNew();
        while (begun.Elapsed < TimeSpan.FromSeconds(60))
        {
            if (process.HasExited)
                throw new InvalidOperationException($"{binary} ended: {await log}");
            if (await IsReadyAsync(http, readyPath))
                return server;
            await Task.Delay(50);
        }
        await server.DisposeAsync();
        throw new TimeoutException($"{binary} was not ready within 60 s");
    }

    /// <summary>Runs a command to its end and gives what it wrote; another exit code than 0 fails the test.</summary>
    public static async Task<string> RunAsync(string command, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(Find(command)!, arguments) { RedirectStandardError = true, RedirectStandardOutput = true }
        )!;
        var texts = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{command} {string.Join(' ', arguments)}: {string.Concat(texts)}");
        return texts[0];
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static async Task<bool> IsReadyAsync(HttpClient http, string? readyPath)
    {
        try
        {
            if (readyPath is null)
            {
                using var socket = new TcpClient();
                await socket.ConnectAsync(IPAddress.Loopback, http.BaseAddress!.Port);
                return true;
            }
            using var answer = await http.GetAsync(readyPath);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or SocketException)
        {
            return false;
        }
    }

    private static string? Missing(params string[] binaries)
    {
        var missing = binaries.Where(b => Find(b) is null).ToList();
        if (missing.Count == 0)
            return null;
        var reason =
            $"not on the PATH: {string.Join(", ", missing)} "
            + "(Debian: apt install prometheus prometheus-alertmanager prometheus-node-exporter redis-server; node and npm: Node 20 or newer)";
        FailIfRequired(reason);
        return reason;
    }

    private static void FailIfRequired(string reason)
    {
        if (Environment.GetEnvironmentVariable("ANOMALY_REQUIRE_REAL") == "1")
            Assert.Fail(reason);
    }

    private static string? Find(string binary) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, binary)).FirstOrDefault(File.Exists);
}
