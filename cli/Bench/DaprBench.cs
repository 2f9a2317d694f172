using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using Dapr.Embedded;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Dapr.Anomaly.Cli.Bench;

/// <summary>
/// Invocation, state and publish-to-delivery of the embedded runtime over its real ports; runtime, app and client are in this process.
/// Every figure is the median of the runs.
/// </summary>
internal sealed class DaprBench(double secondsEach, int runs, int messages, bool json)
{
    private const int Widest = 16;
    private readonly List<Row> rows = [];

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("anomaly-bench-").FullName;
        try
        {
            await using var app = await BenchApp.StartAsync(cancellationToken);
            await using var dapr = await StartAsync(folder, app.Port, cancellationToken);
            await Task.WhenAll(dapr.Sidecars.Values.Select(sidecar => sidecar.ReadyAsync(cancellationToken)));
            using var client = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null });
            var sidecar = dapr.Sidecars["bench"].HttpEndpoint;
            var n = 0;
            await MeasureAsync("app called directly", () => GetAsync(client, new Uri($"http://127.0.0.1:{app.Port}/x")), cancellationToken);
            await MeasureAsync("invocation, one sidecar", () => GetAsync(client, new Uri(sidecar, "/v1.0/invoke/bench/method/x")), cancellationToken);
            await MeasureAsync("invocation, two sidecars", () => GetAsync(client, new Uri(sidecar, "/v1.0/invoke/peer/method/x")), cancellationToken);
            foreach (var store in new[] { "memory", "sqlite" })
            {
                var key = () => $"bench-{Interlocked.Increment(ref n) % 1000}";
                await MeasureAsync(
                    $"state save, {store}",
                    () =>
                        PostAsync(
                            client,
                            new Uri(sidecar, $"/v1.0/state/{store}"),
                            $$$"""[{"key":"{{{key()}}}","value":{"n":1,"text":"{{{new string('x', 100)}}}"}}]"""
                        ),
                    cancellationToken
                );
                await MeasureAsync(
                    $"state get, {store}",
                    () => GetAsync(client, new Uri(sidecar, $"/v1.0/state/{store}/{key()}")),
                    cancellationToken
                );
            }
            await DeliverAsync(client, sidecar, app, cancellationToken);
            Write();
            return ExitCodes.Success;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<EmbeddedDapr> StartAsync(string folder, int appPort, CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(
            Path.Combine(folder, "components.yaml"),
            $$"""
            kind: Component
            metadata: {name: memory}
            spec: {type: state.in-memory, version: v1}
            ---
            kind: Component
            metadata: {name: sqlite}
            spec: {type: state.sqlite, version: v1, metadata: [{name: connectionString, value: {{folder}}/state.db}]}
            ---
            kind: Component
            metadata: {name: pubsub}
            spec: {type: pubsub.in-memory, version: v1}
            """,
            cancellationToken
        );
        var options = new SidecarOptions
        {
            AppId = "bench",
            AppPort = appPort,
            ResourcesPaths = [folder],
        };
        return await EmbeddedDapr.StartAsync(
            new EmbeddedDaprOptions { Sidecars = [options, new SidecarOptions { AppId = "peer", AppPort = appPort }] },
            cancellationToken
        );
    }

    private async Task MeasureAsync(string name, Func<Task> one, CancellationToken cancellationToken)
    {
        await LoadAsync(8, one, cancellationToken);
        foreach (var width in new[] { 1, Widest })
        {
            var all = new List<(double Rate, double P50, double P99)>();
            for (var run = 0; run < runs; run++)
                all.Add(await LoadAsync(width, one, cancellationToken));
            rows.Add(
                new Row(name, width, Median(all.Select(run => run.Rate)), Median(all.Select(run => run.P50)), Median(all.Select(run => run.P99)))
            );
        }
    }

    private async Task<(double Rate, double P50, double P99)> LoadAsync(int width, Func<Task> one, CancellationToken cancellationToken)
    {
        var begin = Stopwatch.GetTimestamp();
        var times = await Task.WhenAll(
            Enumerable
                .Range(0, width)
                .Select(_ =>
                    Task.Run(
                        async () =>
                        {
                            var mine = new List<double>();
                            while (Stopwatch.GetElapsedTime(begin).TotalSeconds < secondsEach)
                            {
                                cancellationToken.ThrowIfCancellationRequested();
                                var started = Stopwatch.GetTimestamp();
                                await one();
                                mine.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                            }
                            return mine;
                        },
                        cancellationToken
                    )
                )
        );
        var seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        var sorted = times.SelectMany(mine => mine).Order().ToArray();
        return (sorted.Length / seconds, sorted[sorted.Length / 2], sorted[(int)(sorted.Length * 0.99)]);
    }

    private async Task DeliverAsync(HttpClient client, Uri sidecar, BenchApp app, CancellationToken cancellationToken)
    {
        var rates = new List<double>();
        for (var run = 0; run < runs; run++)
        {
            var delivered = app.ExpectAsync(messages);
            var begin = Stopwatch.GetTimestamp();
            var left = messages;
            await Task.WhenAll(
                Enumerable
                    .Range(0, Widest)
                    .Select(_ =>
                        Task.Run(
                            async () =>
                            {
                                while (Interlocked.Decrement(ref left) >= 0)
                                    await PostAsync(client, new Uri(sidecar, "/v1.0/publish/pubsub/bench"), """{"text":"a small message"}""");
                            },
                            cancellationToken
                        )
                    )
            );
            await delivered.WaitAsync(TimeSpan.FromMinutes(2), cancellationToken);
            rates.Add(messages / Stopwatch.GetElapsedTime(begin).TotalSeconds);
        }
        rows.Add(new Row("publish to delivery, in memory", Widest, Median(rates), null, null));
    }

    private void Write()
    {
        if (json)
        {
            System.Console.WriteLine(JsonSerializer.Serialize(rows, JsonSerializerOptions.Web));
            return;
        }
        System.Console.WriteLine($"{"", -44} {"embedded", 10} {"p50", 9} {"p99", 9}   daprd 1.18.2: rate, p50, p99 (Node client, another run)");
        foreach (var row in rows)
        {
            var latency = row.P50Milliseconds is null ? $"{"", 19}" : $"{row.P50Milliseconds, 6:0.00} ms {row.P99Milliseconds, 6:0.00} ms";
            System.Console.WriteLine($"{$"{row.Name}, {row.AtOnce} at a time", -44} {row.PerSecond, 8:0}/s {latency}   {row.Daprd}");
        }
    }

    private static async Task GetAsync(HttpClient client, Uri uri)
    {
        using var answer = await client.GetAsync(uri);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task PostAsync(HttpClient client, Uri uri, string body)
    {
        using var answer = await client.PostAsync(uri, new StringContent(body, Encoding.UTF8, "application/json"));
        answer.EnsureSuccessStatusCode();
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    private sealed record Row(string Name, int AtOnce, double PerSecond, double? P50Milliseconds, double? P99Milliseconds)
    {
        public string Daprd => DaprdFigures.Of(Name, AtOnce);
    }

    /// <summary>The app behind both sidecars: answers everything, counts deliveries.</summary>
    private sealed class BenchApp : IAsyncDisposable
    {
        private readonly WebApplication app;
        private TaskCompletionSource all = new();
        private int missing;

        private BenchApp(WebApplication app) => this.app = app;

        public int Port { get; private set; }

        public static async Task<BenchApp> StartAsync(CancellationToken cancellationToken)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
            var web = builder.Build();
            var made = new BenchApp(web);
            web.Run(made.AnswerAsync);
            await web.StartAsync(cancellationToken);
            made.Port = new Uri(web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
            return made;
        }

        public Task ExpectAsync(int count)
        {
            all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            missing = count;
            return all.Task;
        }

        public async ValueTask DisposeAsync() => await app.DisposeAsync();

        private async Task AnswerAsync(HttpContext http)
        {
            var path = http.Request.Path.Value;
            await http.Response.WriteAsync(
                path == "/dapr/subscribe" ? """[{"pubsubname":"pubsub","topic":"bench","route":"/got"}]""" : """{"ok":true}"""
            );
            if (path == "/got" && Interlocked.Decrement(ref missing) == 0)
                all.SetResult();
        }
    }
}
