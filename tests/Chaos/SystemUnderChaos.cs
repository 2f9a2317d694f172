using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using Dapr.Anomaly.Cli.Up;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Chaos.Tests;

/// <summary><c>anomaly up</c> as processes of their own, which are killed, paused and started again from the same folder.</summary>
internal sealed class SystemUnderChaos(string folder, string configuration, Uri receiver) : IDisposable
{
    private readonly StringBuilder _output = new();
    private Process? _process;
    private HttpClient? _http;

    public string Data => Path.Combine(folder, "data");

    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    public int MainId => _process!.Id;

    /// <summary>The children of the main process, of which the trainer is one.</summary>
    public IReadOnlyList<int> ChildIds => [.. Processes().Where(p => p.Parent == MainId).Select(p => p.Id)];

    public bool HasEnded => _process is null or { HasExited: true };

    private static string Program => Path.Combine(AppContext.BaseDirectory, "anomaly.dll");

    public void Start()
    {
        WriteSecrets();
        _http?.Dispose();
        _http = null;
        File.Delete(Path.Combine(Data, "session.json"));
        var start = new ProcessStartInfo("dotnet", [Program, "up", "--config", configuration, "--data", Data])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        start.Environment["MLFLOW_TRACKING_URI"] = "http://127.0.0.1:9";
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Asks it to end, as Ctrl-C does, and waits: windows are saved.</summary>
    public async Task StopAsync()
    {
        Signal(MainId, "INT");
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await _process!.WaitForExitAsync(patience.Token);
    }

    public static void Signal(int process, string name) =>
        Process.Start("kill", [$"-{name}", process.ToString(CultureInfo.InvariantCulture)]).WaitForExit();

    public async Task<T?> GetAsync<T>(string app, string path)
        where T : class
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            return await Client().GetFromJsonAsync<T>($"v1.0/invoke/{app}/method/{path}", MessageJson.Options, limit.Token);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or System.Text.Json.JsonException or IOException)
        {
            return null;
        }
    }

    /// <summary>Whether every service answers that all its loops work.</summary>
    public async Task<bool> IsHealthyAsync()
    {
        try
        {
            foreach (var app in Apps.All)
            {
                using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
                using var answer = await Client().GetAsync($"v1.0/invoke/{app}/method/healthz", limit.Token);
                if (!answer.IsSuccessStatusCode)
                    return false;
            }
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            return false;
        }
    }

    /// <returns>Whether it was taken.</returns>
    public async Task<bool> PostAsync(string path, string body, string mediaType = "application/json")
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            using var content = new StringContent(body, Encoding.UTF8, mediaType);
            using var answer = await Client().PostAsync(path, content, limit.Token);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            return false;
        }
    }

    public async Task<string?> WorkflowStatusAsync(string instance)
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            var state = await Client().GetFromJsonAsync<System.Text.Json.JsonElement>($"v1.0/workflows/dapr/{instance}", limit.Token);
            return state.GetProperty("runtimeStatus").GetString();
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or System.Text.Json.JsonException or IOException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        if (!HasEnded)
            _process!.Kill(entireProcessTree: true);
        _process?.Dispose();
        _http?.Dispose();
    }

    private HttpClient Client()
    {
        if (_http is { } known)
            return known;
        if (!File.Exists(Path.Combine(Data, "session.json")))
            throw new IOException("the system is not up yet");
        var session = Session.Read(Data);
        var http = RuntimeClient.Create(session.ApiToken, TimeSpan.FromSeconds(10));
        http.BaseAddress = session.Runtime;
        return _http = http;
    }

    private void WriteSecrets()
    {
        Directory.CreateDirectory(Data);
        var file = Path.Combine(Data, "secrets.json");
        if (!File.Exists(file))
            File.WriteAllText(
                file,
                System.Text.Json.JsonSerializer.Serialize(
                    new Dictionary<string, Dictionary<string, string>>
                    {
                        ["slack"] = new() { ["url"] = new Uri(receiver, "slack").ToString() },
                        ["pagerduty"] = new() { ["url"] = new Uri(receiver, "pagerduty").ToString(), ["routing-key"] = "chaos" },
                    }
                )
            );
    }

    private void Keep(string? line)
    {
        lock (_output)
            _output.AppendLine(line);
    }

    private static IEnumerable<(int Id, int Parent)> Processes()
    {
        foreach (var folder in Directory.GetDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(folder), out var id) && Parent(folder) is { } parent)
                yield return (id, parent);
    }

    private static int? Parent(string folder)
    {
        try
        {
            // pid (name) state ppid …; the name may hold anything.
            var stat = File.ReadAllText(Path.Combine(folder, "stat"));
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
