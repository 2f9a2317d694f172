using System.Diagnostics;
using System.Globalization;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Services.Tests.Support;

namespace Dapr.Anomaly.Chaos.Tests;

/// <summary>
/// A running system, and one fault after another at random: afterwards no sample, no incident and no workflow is lost, and every time it came back
/// by itself. ROUNDS, SEED: see eng/test-chaos.sh.
/// </summary>
public sealed class ChaosTests
{
    /// <summary>A window holds 256 steps; what is older cannot be compared.</summary>
    private const int ComparedSteps = 200;

    private const int RoundsBetweenComparisons = 30;
    private const int RoundsBetweenTrainings = 25;
    private const int RoundsBetweenIncidents = 4;

    private static readonly TimeSpan RecoversWithin = TimeSpan.FromSeconds(60);

    private static int Seed => Number("SEED", 1);

    private static int Rounds => Number("ROUNDS", 8);

    [Fact]
    public async Task System_UnderFaults_LosesNothingAndComesBackByItself()
    {
        using var folder = new TemporaryFolder();
        var disk = SmallDisk.TryMount(Path.Combine(folder.Path, "system"));
        try
        {
            await using var source = await ChaosSource.StartAsync(workloads: 24);
            await using var receiver = await ChaosReceiver.StartAsync();
            var configuration = Path.Combine(folder.Path, "anomaly.yaml");
            await File.WriteAllTextAsync(configuration, source.Yaml);
            using var system = new SystemUnderChaos(Path.Combine(folder.Path, "system"), configuration, receiver.Url);
            system.Start();
            await ScoredSinceAsync(system, TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(10));
            var campaign = new ChaosCampaign(system, source, receiver, new(system, source, receiver, disk), new Random(Seed));
            for (var round = 1; round <= Rounds; round++)
            {
                await campaign.RunAsync(round, round % RoundsBetweenIncidents == 0, round % RoundsBetweenTrainings == 0);
                if (round % RoundsBetweenComparisons == 0 || round == Rounds)
                    await campaign.CompareSamplesAsync(ComparedSteps, isLast: round == Rounds);
            }
            Report(campaign);
            Assert.Empty(campaign.Problems);
        }
        finally
        {
            if (disk)
                SmallDisk.Unmount(Path.Combine(folder.Path, "system"));
        }
    }

    internal static async Task<TimeSpan> ScoredSinceAsync(SystemUnderChaos system, DateTimeOffset since, TimeSpan patience)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < patience)
        {
            if (system.HasEnded)
                throw new InvalidOperationException($"the system has ended:\n{system.Output}");
            if (
                await system.GetAsync<SummaryV1>(Apps.Featurizer, "v1/summary") is { LastScored: { } at }
                && at > since
                && await system.IsHealthyAsync()
            )
                return watch.Elapsed;
            await Task.Delay(100);
        }
        throw new TimeoutException($"not scored again within {patience.TotalSeconds:0} s:\n{system.Output}");
    }

    internal static TimeSpan Patience => RecoversWithin;

    private static void Report(ChaosCampaign campaign)
    {
        foreach (var line in campaign.Report())
        {
            TestContext.Current.TestOutputHelper?.WriteLine(line);
            System.Console.WriteLine(line);
        }
    }

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
