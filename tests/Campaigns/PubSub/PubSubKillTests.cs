using System.Diagnostics;
using Dapr.Anomaly.Campaigns.Tests.Processes;
using Tests.Support;

namespace Dapr.Anomaly.Campaigns.Tests.PubSub;

/// <summary>
/// kill -9 of the runtime, of the subscriber and of both at random instants while messages are published, delivered, refused and retried:
/// whatever was acknowledged is delivered at least once. Order is not promised: retries and ten handlers at once change it.
/// </summary>
public sealed class PubSubKillTests : IDisposable
{
    private const int PublishersOfEach = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly string home = Directory.CreateTempSubdirectory("kills-").FullName;
    private readonly Work work = new();

    private string Delivered => Path.Combine(home, "delivered");

    public void Dispose() => Directory.Delete(home, recursive: true);

    [Fact]
    public async Task Killed_runtimes_and_subscribers_get_every_acknowledged_message()
    {
        var begun = Stopwatch.GetTimestamp();
        var redisPort = RealServer.FreePort();
        await using var redis = !RealServer.IsThere("redis-server")
            ? null
            : await RealServer.StartAsync(
                "redis-server",
                redisPort,
                null,
                "--port",
                $"{redisPort}",
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no"
            );
        string[] components = redis is null ? ["sqlite"] : ["sqlite", "redis"];
        WriteComponents(redis?.Url.Authority);
        var ports = Programs.LastingPorts(3);
        var (http, grpc, app) = (ports[0], ports[1], ports[2]);
        var deliveries = new InHand(work);
        await using var runtime = new Victim(
            "runtime",
            _ =>
                Programs.Runtime(
                    home,
                    "--app-id",
                    "kills",
                    "--app-port",
                    $"{app}",
                    "--dapr-http-port",
                    $"{http}",
                    "--dapr-grpc-port",
                    $"{grpc}",
                    "--resources-path",
                    Path.Combine(home, "resources")
                ),
            "HTTP API on port",
            (_, _) => { }
        );
        await using var subscriber = new Victim(
            "subscriber",
            life => Programs.App(["subscriber", $"{life}", $"{app}", Delivered, .. components]),
            "up",
            deliveries.Read
        );
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{http}") };
        var publishers = components
            .SelectMany(
                (component, at) =>
                    Enumerable
                        .Range(at * PublishersOfEach, PublishersOfEach)
                        .Select(number => new Publisher(component, number, client, () => runtime.IsUp, work))
            )
            .ToList();
        var killer = new Killer(
            Campaign.Seed,
            [runtime, subscriber],
            work,
            () => publishers.Count(publisher => publisher.IsPending) + (subscriber.IsUp ? deliveries.Count : 0),
            _ => true
        );

        using var enough = new CancellationTokenSource();
        var publishing = publishers.Select(publisher => publisher.PublishUntilAsync(enough.Token)).ToList();
        await killer.RunAsync(Campaign.Kills, TestContext.Current.CancellationToken);
        await enough.CancelAsync();
        await Task.WhenAll(publishing);

        var lastKill = Stopwatch.GetTimestamp();
        var missing = Missing(publishers);
        while (missing.Count > 0 && Stopwatch.GetElapsedTime(lastKill) < Patience)
        {
            await Task.Delay(200, TestContext.Current.CancellationToken);
            missing = Missing(publishers);
        }
        var delivered = File.ReadAllLines(Delivered);
        var strangers = delivered
            .Distinct()
            .Where(line =>
                !publishers.Exists(publisher =>
                    line.StartsWith(publisher.Component + " ", StringComparison.Ordinal) && publisher.HasSent(line.Split(' ')[1])
                )
            )
            .ToList();
        Campaign.Report(
            $"pub/sub kills, seed {Campaign.Seed}",
            [
                .. killer.Figures(),
                .. components.SelectMany(component => Figures(component, publishers, delivered)),
                ("lost", missing.Count),
                ("never sent", strangers.Count),
                ("refused", publishers.Sum(publisher => publisher.Refused.Count)),
                ("last delivery s after the last kill", Math.Round(Stopwatch.GetElapsedTime(lastKill).TotalSeconds, 1)),
                ("waits for work in vain", killer.Silences),
                ("error lines of the runtime", runtime.ErrorLines),
                ("total s", Math.Round(Stopwatch.GetElapsedTime(begun).TotalSeconds)),
            ]
        );
        string[] wrong =
        [
            .. missing.Select(line => $"lost: {line}"),
            .. strangers.Select(line => $"never sent: {line}"),
            .. publishers.SelectMany(publisher => publisher.Refused),
            .. runtime.Deaths,
            .. subscriber.Deaths,
        ];
        Assert.True(wrong.Length == 0, string.Join("\n", wrong));
    }

    private static IEnumerable<(string, object)> Figures(string component, List<Publisher> publishers, string[] delivered)
    {
        var acknowledged = publishers
            .Where(publisher => publisher.Component == component)
            .SelectMany(publisher => publisher.Acknowledged)
            .ToHashSet();
        var times = delivered
            .Where(line => line.StartsWith(component + " ", StringComparison.Ordinal))
            .GroupBy(line => line.Split(' ')[1])
            .ToDictionary(one => one.Key, one => one.Count());
        return
        [
            ($"{component}: acknowledged", acknowledged.Count),
            ("of these delivered", acknowledged.Count(times.ContainsKey)),
            ("delivered without an acknowledgement", times.Keys.Count(text => !acknowledged.Contains(text))),
            ("delivered again", times.Values.Sum() - times.Count),
        ];
    }

    private List<string> Missing(List<Publisher> publishers)
    {
        var delivered = File.Exists(Delivered) ? File.ReadLines(Delivered).ToHashSet() : [];
        return
        [
            .. publishers
                .SelectMany(publisher => publisher.Acknowledged.Select(text => $"{publisher.Component} {text}"))
                .Where(line => !delivered.Contains(line)),
        ];
    }

    private void WriteComponents(string? redis)
    {
        var folder = Directory.CreateDirectory(Path.Combine(home, "resources")).FullName;
        File.WriteAllText(Path.Combine(folder, "sqlite.yaml"), Component("sqlite", "connectionString", Path.Combine(home, "broker.db")));
        if (redis is not null)
            File.WriteAllText(
                Path.Combine(folder, "redis.yaml"),
                Component("redis", "redisHost", redis, ("processingTimeout", "2s"), ("redeliverInterval", "1s"))
            );
    }

    private static string Component(string kind, string name, string value, params IEnumerable<(string Name, string Value)> others) =>
        $"{{apiVersion: dapr.io/v1alpha1, kind: Component, metadata: {{name: {kind}}}, spec: {{type: pubsub.{kind}, version: v1, "
        + $"metadata: [{string.Join(", ", others.Prepend((name, value)).Select(one => $"{{name: {one.Item1}, value: \"{one.Item2}\"}}"))}]}}}}\n";
}
