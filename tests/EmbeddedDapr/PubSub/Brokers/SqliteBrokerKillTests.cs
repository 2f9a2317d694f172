using System.Text;

namespace EmbeddedDapr.Tests.PubSub.Brokers;

public sealed class SqliteBrokerKillTests
{
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
        await File.WriteAllTextAsync(Path.Combine(resources.FullName, "pubsub.yaml"), $$"""
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata:
              name: pubsub
            spec:
              type: pubsub.sqlite
              version: v1
              metadata:
                - name: connectionString
                  value: {{folder.FullName}}/broker.db
            """, Token);
        await using var app = await TestApp.StartAsync(Token);
        app.Subscriptions = """[{"pubsubname":"pubsub","topic":"orders","route":"/orders"}]""";
        var delivered = 0;
        app.Answer = _ => (Interlocked.Increment(ref delivered) % 23 == 0 ? 500 : 200, "");

        var acknowledged = new List<int>();
        var number = 0;
        for (var life = 0; life < 6; life++)
        {
            using var sidecar = SidecarProcess.Start(app.Port, resources.FullName, Path.Combine(folder.FullName, "data"));
            var ports = (await sidecar.StandardOutput.ReadLineAsync(Token))?.Split(' ') ?? throw new InvalidOperationException(await sidecar.StandardError.ReadToEndAsync(Token));
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ports[0]}") };
            using var death = new Timer(_ => sidecar.Kill(), null, random.Next(100, 1200), Timeout.Infinite);
            await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
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
                        }
                    }
                    catch (HttpRequestException)
                    {
                        // Killed before it could answer: the message may or may not be there.
                    }
                }
            }));
        }

        using var last = SidecarProcess.Start(app.Port, resources.FullName, Path.Combine(folder.FullName, "data"));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        List<int> missing;
        while ((missing = [.. acknowledged.Except(Taken(app))]).Count > 0 && !patience.IsCancellationRequested)
            await Task.Delay(100, Token);
        last.Kill();
        await last.WaitForExitAsync(Token);
        Assert.True(acknowledged.Count > 100, $"only {acknowledged.Count} messages were acknowledged");
        Assert.Empty(missing);
        folder.Delete(recursive: true);
    }

    private static IEnumerable<int> Taken(TestApp app) => app.Seen.Where(request => request.Path == "/orders").Select(request =>
    {
        using var envelope = System.Text.Json.JsonDocument.Parse(request.Body);
        return envelope.RootElement.GetProperty("data").GetProperty("n").GetInt32();
    });
}
