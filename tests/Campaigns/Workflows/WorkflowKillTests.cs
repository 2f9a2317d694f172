using System.Diagnostics;
using Dapr.Anomaly.Campaigns.Tests.Processes;
using Dapr.DurableTask.Protobuf;
using Grpc.Net.Client;

namespace Dapr.Anomaly.Campaigns.Tests.Workflows;

/// <summary>
/// kill -9 of the runtime, of the worker and of both at random instants, while chains of activities, events and timers are under way.
/// </summary>
public sealed class WorkflowKillTests : IDisposable
{
    /// <summary>Kills that a chain may be late: then nobody is killed until it is over.</summary>
    private const int Delay = 12;

    private readonly string home = Directory.CreateTempSubdirectory("kills-").FullName;
    private readonly Work work = new();

    public void Dispose() => Directory.Delete(home, recursive: true);

    [Fact]
    public async Task Killed_runtimes_and_workers_lose_nothing_and_double_nothing()
    {
        var begun = Stopwatch.GetTimestamp();
        var (seed, kills) = (Campaign.Seed, Campaign.Kills);
        var effectsFile = Path.Combine(home, "effects");
        var ports = Programs.LastingPorts(2);
        var (http, grpc) = (ports[0], ports[1]);
        var activities = new InHand(work);
        await using var runtime = new Victim(
            "runtime",
            _ => Programs.Runtime(home, "--app-id", "kills", "--dapr-http-port", $"{http}", "--dapr-grpc-port", $"{grpc}"),
            "HTTP API on port",
            (_, _) => { }
        );
        await using var worker = new Victim(
            "worker",
            life => Programs.App("worker", $"{life}", $"http://127.0.0.1:{grpc}", effectsFile),
            "up",
            activities.Read
        );
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{grpc}");
        var client = new ChainClient(new TaskHubSidecarService.TaskHubSidecarServiceClient(channel), () => runtime.IsUp, work);
        var random = new Random(seed + 1);
        var chains = Enumerable.Range(0, Campaign.Workflows).Select(number => new Chain(number, random)).ToList();
        var killer = new Killer(
            seed,
            [runtime, worker],
            work,
            () => client.Pending + (worker.IsUp ? activities.Count : 0),
            done => !chains.Where((chain, number) => Kill(number, 1, kills) + Delay < done && !chain.IsOver).Any()
        );

        using var failing = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var lives = chains
            .Select(
                async (chain, number) =>
                {
                    try
                    {
                        await client.LiveAsync(chain, part => ReachedAsync(killer, Kill(number, part, kills), failing.Token), failing.Token);
                    }
                    catch (Exception)
                    {
                        // The kills need not go on when a client was told something wrong.
                        await failing.CancelAsync();
                        throw;
                    }
                }
            )
            .ToList();
        var killing = killer.RunAsync(kills, failing.Token);
        await Task.WhenAll([killing, .. lives]);

        var effects = new List<Effect>();
        var problems = new List<string>();
        var longest = TimeSpan.Zero;
        var ended = await Task.WhenAll(chains.Select(chain => client.ResultAsync(chain, failing.Token)));
        effects.AddRange(Effects.Read(effectsFile));
        var ofInstance = effects.ToLookup(effect => effect.Instance);
        foreach (var (chain, (state, history)) in chains.Zip(ended))
        {
            var audit = new HistoryAudit(chain, state, history, [.. ofInstance[chain.Id]]);
            problems.AddRange(audit.Problems());
            longest = audit.LongestPause() is var pause && pause > longest ? pause : longest;
        }
        var attempts = chains.SelectMany(chain => chain.Attempts).ToList();
        var steps = effects.GroupBy(effect => (effect.Instance, effect.Step)).ToList();
        Campaign.Report(
            $"workflow kills, seed {seed}",
            [
                .. killer.Figures(),
                ("workflows", chains.Count),
                ("completed", ended.Count(one => one.State.WorkflowStatus == OrchestrationStatus.Completed)),
                ("activities", steps.Count),
                ("activities run again", steps.Count(step => step.Count() > 1)),
                ("runs of activities", effects.Count),
                ("events acknowledged", attempts.Count(attempt => attempt.Acknowledged)),
                ("events cut off", attempts.Count(attempt => !attempt.Acknowledged)),
                ("calls cut off", client.Retries),
                ("lost or doubled", problems.Count),
                ("longest standstill s", Math.Round(longest.TotalSeconds, 1)),
                ("waits for work in vain", killer.Silences),
                ("error lines of the runtime", runtime.ErrorLines),
                ("total s", Math.Round(Stopwatch.GetElapsedTime(begun).TotalSeconds)),
            ]
        );
        string[] wrong = [.. problems, .. runtime.Deaths, .. worker.Deaths];
        Assert.True(wrong.Length == 0, string.Join("\n", wrong));
    }

    /// <summary>The kill at which a chain has come to a part of its life: the lives overlap, the last one ends with the last kill.</summary>
    private static int Kill(int number, double part, int kills)
    {
        var span = Math.Min(kills, Math.Max(12, 5 * kills / Campaign.Workflows));
        var begin = Campaign.Workflows == 1 ? 0 : (kills - span) * number / (Campaign.Workflows - 1);
        return begin + (int)(part * span);
    }

    private static async Task ReachedAsync(Killer killer, int kill, CancellationToken cancellationToken)
    {
        while (killer.Done.Count < kill)
            await Task.Delay(20, cancellationToken);
    }
}
