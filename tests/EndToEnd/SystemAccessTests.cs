using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Runtime.Versioning;
using System.Text;
using Dapr.Anomaly.Cli.Up;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.EndToEnd.Tests.Support;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Anomaly.Simulator;
using Tests.Support;

namespace Dapr.Anomaly.EndToEnd.Tests;

/// <summary>What others on the machine can see of, and do to, a running <c>anomaly up</c>.</summary>
public sealed class SystemAccessTests : IDisposable
{
    private const string SlackPath = "PLANTED-slack-T0K3N";
    private const string RoutingKey = "PLANTED-routing-k3y";
    private const string Password = "PLANTED-prometheus-passw0rd";

    private readonly TemporaryFolder _folder = new();

    private string Data => Path.Combine(_folder.Path, "data");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Up_ByDefault_AnswersNobodyWithoutItsTokenNorUnderAForeignName()
    {
        await using var simulator = await StartSimulatorAsync();
        using var up = await StartAsync(simulator, []);
        var session = Session.Read(Data);
        using var without = RuntimeClient.Create(null, TimeSpan.FromSeconds(30));
        using var with = RuntimeClient.Create(session.ApiToken, TimeSpan.FromSeconds(30));

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(without, session, "/v1.0/secrets/secrets/bulk"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(with, session, "/v1.0/secrets/secrets/bulk", host: "evil.example"));
        var forged = new StringContent("""[{"key":"k","value":1}]""", Encoding.UTF8, "text/plain");
        using var state = await without.PostAsync(new Uri(session.Runtime, "/v1.0/state/statestore"), forged);
        Assert.Equal(HttpStatusCode.Unauthorized, state.StatusCode);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(with, session, "/v1.0/invoke/inference/method/v1/model"));
        // Secrets are for the alerts service: the sidecar whose token is in the session file has none.
        using var secrets = await with.GetAsync(new Uri(session.Runtime, "/v1.0/secrets/secrets/bulk"));
        Assert.Contains("ERR_SECRET_STORES_NOT_CONFIGURED", await secrets.Content.ReadAsStringAsync());

        var status = new Uri(session.Console, "/api/status");
        Assert.Equal(HttpStatusCode.Unauthorized, (await without.GetAsync(status)).StatusCode);
        using var asReader = new HttpRequestMessage(HttpMethod.Get, status);
        asReader.Headers.Authorization = new("Bearer", session.Console.Fragment["#token=".Length..]);
        Assert.Equal(HttpStatusCode.OK, (await without.SendAsync(asReader)).StatusCode);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Up_Running_ShowsNoTokenInItsCommandLinesAndFilesToOthersAndWatchesNoFiles()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        await using var simulator = await StartSimulatorAsync();
        using var up = await StartAsync(simulator, []);
        var session = Session.Read(Data);

        foreach (var file in (string[])["session.json", "secrets.json"])
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Data, file)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Data));

        var processes = await FamilyAsync(up.Id);
        Assert.Equal(2, processes.Count);
        foreach (var (id, command) in processes)
        {
            Assert.DoesNotContain(session.ApiToken!, command);
            Assert.DoesNotContain("TOKEN", command);
            Assert.DoesNotContain("inotify", Directory.GetFiles($"/proc/{id}/fd").Select(LinkOf));
        }
    }

    [Fact]
    public async Task Service_ByItself_WatchesNoFiles()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        var port = RealServer.FreePort();
        using var service = ServiceProcess.Start("Dapr.Anomaly.Console.dll", $"--APP_PORT={port}");
        using var http = new HttpClient();
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    return (await http.GetAsync($"http://127.0.0.1:{port}/healthz")).IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            $"the service answers; {service.Output}"
        );
        Assert.DoesNotContain("inotify", Directory.GetFiles($"/proc/{service.Id}/fd").Select(LinkOf));
    }

    [Fact]
    public async Task Up_BothTokensGiven_UsesThem()
    {
        await using var simulator = await StartSimulatorAsync();
        using var up = await StartAsync(
            simulator,
            new()
            {
                ["DAPR_API_TOKEN"] = "given-api-token",
                ["APP_API_TOKEN"] = "given-app-token",
                ["ANOMALY_ALLOWED_HOSTS"] = "anomaly.example, other.example",
            }
        );
        var session = Session.Read(Data);
        Assert.Equal("given-api-token", session.ApiToken);
        using var http = RuntimeClient.Create("given-api-token", TimeSpan.FromSeconds(30));
        foreach (var path in (string[])["inference/method/v1/model", "alerts/method/v1/incidents", "featurizer/method/v1/summary"])
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(http, session, $"/v1.0/invoke/{path}"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(http, session, "/v1.0/metadata", host: "anomaly.example"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(http, session, "/v1.0/metadata", host: "another.example"));
    }

    [Fact]
    public async Task Up_WithPlantedSecrets_ShowsThemNowhere()
    {
        await using var simulator = await StartSimulatorAsync();
        Directory.CreateDirectory(Data);
        await File.WriteAllTextAsync(
            Path.Combine(Data, "secrets.json"),
            $$"""
            {
              "slack": { "url": "http://127.0.0.1:9/{{SlackPath}}" },
              "pagerduty": { "url": "http://127.0.0.1:9/{{SlackPath}}", "routing-key": "{{RoutingKey}}" }
            }
            """
        );
        using var up = await StartAsync(
            simulator,
            new() { ["ANOMALY_ROUTES"] = "slack,pagerduty", ["ANOMALY_BUDGET"] = "100/day" },
            password: Password
        );
        var session = Session.Read(Data);
        using var http = RuntimeClient.Create(session.ApiToken, TimeSpan.FromSeconds(30));
        await PublishAnomaliesAsync(http, session.Runtime);
        var logs = Path.Combine(Data, "logs");
        await Eventually.TrueAsync(
            () => ReadAll(logs).Contains("127.0.0.1:9", StringComparison.Ordinal),
            $"the refused notification is told in a log; {up.Output}",
            90
        );

        List<(string Where, string Text)> shown = [("terminal", up.Output), ("logs", ReadAll(logs))];
        foreach (var path in (string[])["/v1.0/metadata", .. Apps.All.Select(a => $"/v1.0/invoke/{a}/method/metrics"), .. Reads])
            shown.Add((path, await http.GetStringAsync(new Uri(session.Runtime, path))));
        using var asReader = RuntimeClient.Create(null, TimeSpan.FromSeconds(30));
        asReader.DefaultRequestHeaders.Authorization = new("Bearer", session.Console.Fragment["#token=".Length..]);
        foreach (var path in (string[])["/", "/api/status", "/federate"])
            shown.Add((path, await asReader.GetStringAsync(new Uri(session.Console, path))));
        foreach (var (where, text) in shown)
        {
            foreach (var secret in (string[])[SlackPath, RoutingKey, Password, session.ApiToken!])
                Assert.False(text.Contains(secret, StringComparison.Ordinal), $"{where} shows {secret}");
        }
    }

    private static readonly string[] Reads =
    [
        "/v1.0/invoke/collector/method/v1/queries",
        "/v1.0/invoke/alerts/method/v1/incidents",
        "/v1.0/invoke/featurizer/method/v1/summary",
        "/v1.0/invoke/inference/method/v1/model",
    ];

    /// <summary>The system, once its session file is there.</summary>
    private async Task<ServiceProcess> StartAsync(WebApplication simulator, Dictionary<string, string> settings, string? password = null)
    {
        var url = simulator.Urls.First();
        if (password is not null)
            url = url.Replace("http://", $"http://reader:{password}@", StringComparison.Ordinal);
        settings["DAPR_EMBEDDED_HOME"] = Path.Combine(_folder.Path, "dapr");
        var up = ServiceProcess.Start(
            "anomaly.dll",
            settings,
            ["up", "--prometheus", url, "--data", Data, "--runtime-port", "0", "--console-port", "0"]
        );
        await Eventually.TrueAsync(
            () => up.HasExited ? throw new InvalidOperationException(up.Output) : File.Exists(Path.Combine(Data, "session.json")),
            $"the system is up; {up.Output}",
            90
        );
        return up;
    }

    private static async Task<WebApplication> StartSimulatorAsync()
    {
        var app = SimulatorHost.Build(new SimulatorOptions { Workloads = 2 }, TimeProvider.System);
        await app.StartAsync();
        return app;
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient http, Session session, string path, string? host = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(session.Runtime, path));
        request.Headers.Host = host;
        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }

    private static async Task PublishAnomaliesAsync(HttpClient http, Uri runtime)
    {
        var now = TimeProvider.System.GetUtcNow();
        AnomalyV1[] anomalies = [Anomaly("container_cpu", SignalKind.Cpu), Anomaly("container_throttling", SignalKind.Saturation)];
        for (var step = 0; step < 6; step++)
        {
            var batch = new AnomalyBatchV1(99, step, now.AddSeconds(15 * step), "1", anomalies);
            using var answer = await http.PostAsJsonAsync(
                new Uri(runtime, $"/v1.0/publish/{Topics.PubSub}/{Topics.Anomalies}"),
                batch,
                MessageJson.Options
            );
            answer.EnsureSuccessStatusCode();
        }

        AnomalyV1 Anomaly(string name, SignalKind kind) =>
            new(
                new(name, kind, "cores", new([new("namespace", "shop"), new("workload", "basket")])),
                new(now, 3.5, 9, Decision.Anomalous, 0.5, 0.25, 1, SeriesState.Ok, null, [], [])
            );
    }

    /// <summary>The process and its children, with their command lines.</summary>
    private static async Task<IReadOnlyList<(int Id, string Command)>> FamilyAsync(int parent) =>
        [
            .. (await RealServer.RunAsync("ps", "-A", "-o", "pid=,ppid=,args=", "-ww"))
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries))
                .Select(f => (Id: Number(f[0]), Parent: Number(f[1]), Command: f[2]))
                .Where(p => p.Id == parent || p.Parent == parent)
                .Select(p => (p.Id, p.Command)),
        ];

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static string LinkOf(string descriptor)
    {
        try
        {
            return File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.Name ?? "";
        }
        catch (IOException)
        {
            // Closed in between.
            return "";
        }
    }

    private static string ReadAll(string folder) => string.Concat(Directory.GetFiles(folder, "*.log").Select(Read));

    private static string Read(string file)
    {
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }
}
