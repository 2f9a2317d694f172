using System.Collections.Concurrent;
using System.Text;
using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.State;

public sealed class SqliteStateKillTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>
    /// The sidecar is killed after a random number of answers while several callers save; what was answered 204 must be there afterwards.
    /// </summary>
    [Fact]
    public async Task Kill_AtAnyMoment_EveryAcknowledgedSaveIsThere()
    {
        var random = new Random(7);
        var folder = Directory.CreateTempSubdirectory("kill-");
        var resources = folder.CreateSubdirectory("resources").FullName;
        await File.WriteAllTextAsync(
            Path.Combine(resources, "s.yaml"),
            Component("s", "state.sqlite", ("connectionString", $"{folder.FullName}/state.db")),
            Token
        );
        await using var app = await TestApp.StartAsync(Token);
        var acknowledged = new ConcurrentBag<int>();
        var number = 0;
        for (var life = 0; life < 4; life++)
        {
            using var sidecar = SidecarProcess.Start(app.Port, resources, Path.Combine(folder.FullName, "data"));
            using var client = await ClientAsync(sidecar);
            var last = acknowledged.Count + random.Next(30, 200);
            await Task.WhenAll(
                Enumerable
                    .Range(0, 4)
                    .Select(async _ =>
                    {
                        while (!sidecar.HasExited)
                        {
                            var mine = Interlocked.Increment(ref number);
                            using var body = new StringContent($$"""[{"key":"k{{mine}}","value":{{mine}}}]""", Encoding.UTF8, "application/json");
                            try
                            {
                                if ((await client.PostAsync("/v1.0/state/s", body, Token)).IsSuccessStatusCode)
                                    acknowledged.Add(mine);
                                if (acknowledged.Count >= last)
                                    sidecar.Kill();
                            }
                            catch (HttpRequestException)
                            {
                                // Killed before it could answer: the value may or may not be there.
                            }
                        }
                    })
            );
        }

        using var survivor = SidecarProcess.Start(app.Port, resources, Path.Combine(folder.FullName, "data"));
        using (var client = await ClientAsync(survivor))
        {
            foreach (var one in acknowledged)
                Assert.Equal($"{one}", await client.GetStringAsync($"/v1.0/state/s/k{one}", Token));
        }
        survivor.Kill();
        await survivor.WaitForExitAsync(Token);
        folder.Delete(recursive: true);
    }

    private static async Task<HttpClient> ClientAsync(System.Diagnostics.Process sidecar)
    {
        var ports =
            (await sidecar.StandardOutput.ReadLineAsync(Token))?.Split(' ')
            ?? throw new InvalidOperationException(await sidecar.StandardError.ReadToEndAsync(Token));
        return new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ports[0]}") };
    }
}
