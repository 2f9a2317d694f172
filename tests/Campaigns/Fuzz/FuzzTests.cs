using System.Diagnostics;

namespace Dapr.Anomaly.Campaigns.Tests.Fuzz;

/// <summary>
/// Malformed requests to every port of two real runtimes, one with an HTTP app, one with a gRPC app and an API token: no crash, no hang, each
/// error one of Dapr's, and a client that behaves is served as before. Each request comes from the seed and its own number.
/// </summary>
public sealed class FuzzTests : IDisposable
{
    public const string HttpAppId = "tested";

    private const int Batch = 2000;
    private const int AtOnce = 12;

    /// <summary>Longer than any wait that the API has, on a machine that others use, too.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    private readonly string home = Directory.CreateTempSubdirectory("fuzz-").FullName;
    private readonly Findings findings = new();

    public void Dispose() => Directory.Delete(home, recursive: true);

    [Fact]
    public async Task Malformed_requests_get_an_error_of_Dapr_and_leave_the_runtime_well()
    {
        var stop = TestContext.Current.CancellationToken;
        var begun = Stopwatch.GetTimestamp();
        await using var app = await EchoApp.StartAsync(stop);
        await using var grpcApp = await GrpcApp.StartAsync(stop);
        await using var first = new FuzzedRuntime(home, HttpAppId, app.Port, "http", token: null);
        await using var second = new FuzzedRuntime(home, "grpcapp", grpcApp.Port, "grpc", token: "tok-1");
        FuzzedRuntime[] runtimes = [first, second];
        await using var firstControl = await Control.StartAsync(first, app, stop);
        await using var secondControl = await Control.StartAsync(second, app, stop);
        await SendAsync(runtimes, 0, Math.Min(Batch, Campaign.Requests / 2), stop);
        var before = runtimes.Select(runtime => runtime.Process.Look()).ToList();
        for (var sent = Math.Min(Batch, Campaign.Requests / 2); sent < Campaign.Requests; sent += Batch)
        {
            await SendAsync(runtimes, sent, Math.Min(sent + Batch, Campaign.Requests), stop);
            await firstControl.CheckAsync(stop);
            await secondControl.CheckAsync(stop);
            Campaign.Say(
                $"{findings.Count} of {Campaign.Requests} requests, {Stopwatch.GetElapsedTime(begun):mm\\:ss}, "
                    + $"{findings.Wrong.Count} kinds of wrong answers"
            );
            if (findings.Wrong.Count > 40 || runtimes.Any(runtime => runtime.Process.Deaths.Count > 0))
                break;
        }
        var after = runtimes.Select(runtime => runtime.Process.Look()).ToList();
        Report(before, after, begun, runtimes);
        string[] wrong =
        [
            .. runtimes.SelectMany(runtime => runtime.Process.Deaths),
            .. findings.Wrong,
            .. runtimes.SelectMany(runtime => runtime.Errors),
        ];
        Assert.True(wrong.Length == 0, $"seed {Campaign.Seed}:\n{string.Join("\n", wrong)}");
    }

    private async Task SendAsync(FuzzedRuntime[] runtimes, int from, int to, CancellationToken stop)
    {
        var next = from;
        var tokens = runtimes.Select(runtime => runtime.InternalToken()).ToArray();
        await Task.WhenAll(
            Enumerable
                .Range(0, AtOnce)
                .Select(_ =>
                    Task.Run(
                        async () =>
                        {
                            var links = runtimes.Select((runtime, at) => new RuntimeLinks(runtime, tokens[at], findings, Patience)).ToArray();
                            for (var number = Interlocked.Increment(ref next) - 1; number < to; number = Interlocked.Increment(ref next) - 1)
                            {
                                var random = new Random(unchecked((Campaign.Seed * 1_000_003) + number));
                                await links[random.Chance(0.75) ? 0 : 1].SendAsync(number, random, stop);
                            }
                            foreach (var link in links)
                                link.Dispose();
                        },
                        stop
                    )
                )
        );
    }

    private void Report(
        IReadOnlyList<(TimeSpan Cpu, long WorkingSetBytes, int Threads)?> before,
        IReadOnlyList<(TimeSpan Cpu, long WorkingSetBytes, int Threads)?> after,
        long begun,
        FuzzedRuntime[] runtimes
    )
    {
        static string Range(IEnumerable<long?> from, IEnumerable<long?> to) => string.Join(" and ", from.Zip(to, (a, b) => $"{a} to {b}"));
        Campaign.Report("answers", findings.Kinds.Select(kind => (kind.Key + ":", (object)kind.Value)));
        Campaign.Report(
            $"fuzz, seed {Campaign.Seed}",
            [
                ("requests", findings.Count),
                ("kinds of answers", findings.Kinds.Count()),
                ("wrong answers", findings.Kinds.Where(kind => kind.Key == "WRONG").Sum(kind => kind.Value)),
                ("crashes", runtimes.Sum(runtime => runtime.Process.Deaths.Count)),
                ("slowest s", Math.Round(findings.Slowest.TotalSeconds, 2)),
                ("working set MB", Range(before.Select(look => look?.WorkingSetBytes >> 20), after.Select(look => look?.WorkingSetBytes >> 20))),
                ("heap limit MB", FuzzedRuntime.HeapMegabytes),
                ("threads", Range(before.Select(look => (long?)look?.Threads), after.Select(look => (long?)look?.Threads))),
                ("CPU s of the runtimes", Math.Round(after.Sum(look => look?.Cpu.TotalSeconds ?? 0))),
                ("errors in their logs", runtimes.Sum(runtime => runtime.Errors.Count)),
                ("total s", Math.Round(Stopwatch.GetElapsedTime(begun).TotalSeconds)),
            ]
        );
    }
}
