using System.Net.Sockets;
using System.Text;

namespace EmbeddedDapr.Tests.PubSub.Brokers;

public sealed class SqliteBrokerKillTests
{
    private const string Subscription = """[{"pubsubname":"pubsub","topic":"orders","route":"/orders"}]""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The sidecar is killed at random moments while messages are published, delivered, refused and retried.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Kill_AtAnyMoment_EveryAcknowledgedMessageIsDelivered(int seed)
    {
        var random = new Random(seed);
        var folder = Directory.CreateTempSubdirectory("kill");
        var resources = folder.CreateSubdirectory("resources");
        await File.WriteAllTextAsync(Path.Combine(resources.FullName, "pubsub.yaml"), Component(folder.FullName), Token);
        await using var app = await TestApp.StartAsync(Token);
        app.Subscriptions = Subscription;
        var delivered = 0;
        app.Answer = _ => (Interlocked.Increment(ref delivered) % 23 == 0 ? 500 : 200, "");

        var acknowledged = new List<int>();
        var number = 0;
        for (var life = 0; life < 6; life++)
        {
            using var sidecar = SidecarProcess.Start(app.Port, resources.FullName, Path.Combine(folder.FullName, "data"));
            var ports =
                (await sidecar.StandardOutput.ReadLineAsync(Token))?.Split(' ')
                ?? throw new InvalidOperationException(await sidecar.StandardError.ReadToEndAsync(Token));
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ports[0]}") };
            // The moment is counted in answers, not in seconds: a busy machine kills as often in the middle of work as a quiet one.
            var (deathAt, afterwards, answers) = (random.Next(1, 120), random.Next(0, 40), 0);
            using var death = new Timer(_ => sidecar.Kill());
            await Task.WhenAll(
                Enumerable
                    .Range(0, 4)
                    .Select(async _ =>
                    {
                        while (!sidecar.HasExited)
                        {
                            var mine = Interlocked.Increment(ref number);
                            using var body = new StringContent($$"""{"n":{{mine}}}""", Encoding.UTF8, "application/json");
                            try
                            {
                                var answer = await client.PostAsync("/v1.0/publish/pubsub/orders", body, Token);
                                if (answer.IsSuccessStatusCode)
                                {
                                    lock (acknowledged)
                                        acknowledged.Add(mine);
                                    if (Interlocked.Increment(ref answers) == deathAt)
                                        death.Change(afterwards, Timeout.Infinite);
                                }
                            }
                            catch (Exception e) when (e is HttpRequestException or SocketException)
                            {
                                // (A socket whose peer dies between connecting and its first use throws as it is.)
                                // Killed before it could answer: the message may or may not be there.
                            }
                        }
                    })
            );
        }

        using var last = SidecarProcess.Start(app.Port, resources.FullName, Path.Combine(folder.FullName, "data"));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        List<int> missing;
        while ((missing = [.. acknowledged.Except(Taken(app))]).Count > 0 && !patience.IsCancellationRequested)
            await Task.Delay(100, Token);
        last.Kill();
        await last.WaitForExitAsync(Token);
        Assert.Empty(missing);
        folder.Delete(recursive: true);
    }

    /// <summary>Two processes share a consumer; what the killed one had in hand goes to the other.</summary>
    [Fact]
    public async Task Kill_OneOfTwoProcesses_TheOtherTakesOverItsMessages()
    {
        var folder = Directory.CreateTempSubdirectory("kill");
        var resources = folder.CreateSubdirectory("resources");
        await File.WriteAllTextAsync(Path.Combine(resources.FullName, "pubsub.yaml"), Component(folder.FullName), Token);
        var never = new TaskCompletionSource();
        await using var stuck = await TestApp.StartAsync(Token);
        stuck.Subscriptions = Subscription;
        stuck.Hold = request => request.Path == "/orders" ? never.Task : Task.CompletedTask;
        using var first = SidecarProcess.Start(stuck.Port, resources.FullName, Path.Combine(folder.FullName, "data"));
        var ports = (await first.StandardOutput.ReadLineAsync(Token))!.Split(' ');
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ports[0]}") };
        for (var n = 0; n < 20; n++)
        {
            using var body = new StringContent($$"""{"n":{{n}}}""", Encoding.UTF8, "application/json");
            (await client.PostAsync("/v1.0/publish/pubsub/orders", body, Token)).EnsureSuccessStatusCode();
        }
        await stuck.WaitAsync(request => request.Path == "/orders", 1, Token);

        await using var app = await TestApp.StartAsync(Token);
        app.Subscriptions = Subscription;
        await using var second = await Dapr.Embedded.EmbeddedDapr.StartAsync(
            new Dapr.Embedded.EmbeddedDaprOptions
            {
                Sidecars =
                [
                    new Dapr.Embedded.SidecarOptions
                    {
                        AppId = "shop",
                        AppPort = app.Port,
                        ResourcesPaths = [resources.FullName],
                    },
                ],
            },
            Token
        );
        await second.Sidecars["shop"].ReadyAsync(Token);
        // What the first process has not claimed is free for the second.
        Assert.Empty(Taken(stuck).Intersect(Taken(app)));
        first.Kill();
        await Eventually.TrueAsync(() => Task.FromResult(Taken(app).Distinct().Count() == 20), "all 20 messages reach the second process", Token);
        never.SetResult();
    }

    private static IEnumerable<int> Taken(TestApp app) =>
        app
            .Seen.Where(request => request.Path == "/orders")
            .Select(request =>
            {
                using var envelope = System.Text.Json.JsonDocument.Parse(request.Body);
                return envelope.RootElement.GetProperty("data").GetProperty("n").GetInt32();
            });

    private static string Component(string folder) =>
        $$"""
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata:
              name: pubsub
            spec:
              type: pubsub.sqlite
              version: v1
              metadata:
                - name: connectionString
                  value: {{folder}}/broker.db
            """;
}
