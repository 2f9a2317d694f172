using System.Globalization;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.EndToEnd.Tests.Support;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Services.Tests.Support;
using Tests.Support;

namespace Dapr.Anomaly.EndToEnd.Tests;

/// <summary>
/// The samples of samples/javascript: the system, the sidecar of the samples and each sample are processes of their own, which know of each other
/// only what the samples' README says.
/// </summary>
public sealed class JavaScriptSamplesTests : IDisposable
{
    private static readonly HttpClient Http = new();

    private readonly TemporaryFolder _folder = new();

    private string Data => Path.Combine(_folder.Path, "data");

    /// <summary>Names of their own: other systems of this user are neither seen nor disturbed.</summary>
    private Dictionary<string, string> Home => new() { ["DAPR_EMBEDDED_HOME"] = Path.Combine(_folder.Path, "dapr") };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Samples_AgainstASystemInAnotherProcess_TrainScoreAndHearOfIncidents()
    {
        await JavaScriptSamples.RequireAsync();
        using var simulator = ServiceProcess.Start("anomaly.dll", "simulate", "--port", "0", "--workloads", "2", "--history", "4h");
        var prometheus = await SaidAsync(() => simulator.Output, @"prometheus API  (http://\S+)", simulator);
        using var up = ServiceProcess.Start(
            "anomaly.dll",
            Home,
            ["up", "--prometheus", prometheus, "--data", Data, "--runtime-port", "0", "--console-port", "0"]
        );
        var trainerPort = await SaidAsync(SessionText, @"""runtimeGrpc"": ""http://[^:]+:(\d+)", up);
        var (httpPort, appPort) = (Port(), Port());
        using var sidecar = ServiceProcess.Start(
            "anomaly.dll",
            Home,
            [
                "daprd",
                "--app-id",
                "js",
                "--app-port",
                appPort,
                "--dapr-http-port",
                httpPort,
                "--dapr-grpc-port",
                Port(),
                "--resources-path",
                Path.Combine(Data, "components"),
            ]
        );
        using var incidents = JavaScriptSamples.Start("incidents.mjs", new() { ["DAPR_HTTP_PORT"] = httpPort, ["APP_PORT"] = appPort });
        await SaidAsync(() => incidents.Output, "(listening for incidents)", incidents);

        var token = Cli.Up.Session.Read(Data).ApiToken!;
        var (code, training) = await JavaScriptSamples.RunAsync(
            "train.mjs",
            new() { ["DAPR_GRPC_PORT"] = trainerPort, ["DAPR_API_TOKEN"] = token },
            "3h"
        );
        Assert.True(code == 0, $"{training}{up.Output}");
        Assert.Matches(@"\d+ % collect", training);
        Assert.Matches(@"anomaly-detector v\d+ knows \d+ series", training);

        var scored = await ScoreAsync(httpPort);
        Assert.Contains("container_cpu {\"namespace\":\"shop\",\"workload\":\"basket\"}: ", scored);
        Assert.Matches(@"value 8\.00, expected [\d.]+ \([\d.-]+ to [\d.]+\)", scored);
        Assert.Matches(@"votes .*forest [\d.]+", scored);
        // How far above 1 depends on the model of a few hours; that it is worth a report, and therefore has reasons, does not.
        Assert.Matches(@"score (0\.[7-9]|[1-9])[\d.]*, (normal|anomalous), by model v\d+", scored);
        Assert.Matches(@"why   \w+ \d+ %", scored);

        await PublishAnomaliesAsync(httpPort);
        await SaidAsync(() => incidents.Output, @"opened (shop/basket · container_cpu 3\.5)", incidents);
        Assert.Contains("container_cpu 3.50 cores, expected 0.500", incidents.Output);
    }

    /// <summary>The model is announced when its training ends; until inference has loaded it, nothing is scored.</summary>
    private static async Task<string> ScoreAsync(string httpPort)
    {
        var output = "";
        await Eventually.TrueAsync(
            async () =>
            {
                int code;
                (code, output) = await JavaScriptSamples.RunAsync("score.mjs", new() { ["DAPR_HTTP_PORT"] = httpPort });
                Assert.True(code == 0, output);
                return output.Contains("votes", StringComparison.Ordinal);
            },
            "the samples are scored",
            60
        );
        return output;
    }

    /// <summary>
    /// What the featurizer publishes when three signals of a workload go astray, published by anybody; of a shard that has no other batches.
    /// </summary>
    private static async Task PublishAnomaliesAsync(string httpPort)
    {
        var now = TimeProvider.System.GetUtcNow();
        AnomalyV1[] anomalies =
        [
            Anomaly("container_cpu", SignalKind.Cpu, "cores", 5),
            Anomaly("container_throttling", SignalKind.Saturation, "ratio", 2),
            Anomaly("latency_p99", SignalKind.Latency, "s", 2),
        ];
        using var answer = await Http.PostAsJsonAsync(
            $"http://127.0.0.1:{httpPort}/v1.0/publish/{Topics.PubSub}/{Topics.Anomalies}",
            new AnomalyBatchV1(99, 0, now, "1", anomalies),
            MessageJson.Options
        );
        answer.EnsureSuccessStatusCode();

        AnomalyV1 Anomaly(string name, SignalKind kind, string unit, double score) =>
            new(
                new(name, kind, unit, new([new("namespace", "shop"), new("workload", "basket")])),
                new(now, 3.5, score, Decision.Anomalous, 0.5, 0.25, 1, SeriesState.Ok, null, [], [])
            );
    }

    private static string Port() => RealServer.FreePort().ToString(CultureInfo.InvariantCulture);

    private string SessionText()
    {
        var file = Path.Combine(Data, "session.json");
        return File.Exists(file) ? File.ReadAllText(file) : "";
    }

    /// <summary>The first group of a pattern, once a text has it.</summary>
    private static async Task<string> SaidAsync(Func<string> text, string pattern, ServiceProcess process)
    {
        try
        {
            return await Eventually.GetAsync(
                () =>
                    Regex.Match(text(), pattern) is { Success: true } match
                        ? Task.FromResult<string?>(match.Groups[1].Value)
                        : Task.FromResult<string?>(process.HasExited ? throw new InvalidOperationException("the process ended") : null),
                pattern,
                120
            );
        }
        catch (Exception e) when (e is TimeoutException or InvalidOperationException)
        {
            throw new InvalidOperationException($"{e.Message}; it said: {process.Output}", e);
        }
    }
}
