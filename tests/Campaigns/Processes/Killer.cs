using System.Diagnostics;

namespace Dapr.Anomaly.Campaigns.Tests.Processes;

/// <summary>When a kill comes.</summary>
internal enum Moment
{
    /// <summary>While the process killed last is starting again.</summary>
    Starting,

    /// <summary>A few milliseconds after a call was sent, an activity or a delivery began or ended: in the middle of a commit.</summary>
    Busy,

    /// <summary>At any instant after the system has done something since the last kill.</summary>
    Any,
}

/// <param name="AtWork">Work that was in flight at a kill: calls without an answer, activities or deliveries without an end.</param>
internal readonly record struct Kill(string Victim, Moment Moment, int AtWork);

/// <summary>
/// Kills processes at random instants. The plan comes from the seed alone; how far each process had come by then is up to the machine.
/// </summary>
/// <param name="atWork">How much is in flight.</param>
/// <param name="keepsUp">False while the work is so far behind the number of kills that it would not be done before the last one.</param>
internal sealed class Killer(int seed, IReadOnlyList<Victim> victims, Work work, Func<int> atWork, Func<int, bool> keepsUp)
{
    /// <summary>A system that does nothing for so long, because nobody asks it to, is killed all the same.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Random random = new(seed);

    public List<Kill> Done { get; } = [];

    /// <summary>Waits for work that had no end.</summary>
    public int Silences { get; private set; }

    public async Task RunAsync(int kills, CancellationToken cancellationToken)
    {
        var begun = Stopwatch.GetTimestamp();
        Victim[] before = [victims[0]];
        var told = 0;
        while (Done.Count < kills)
        {
            while (!keepsUp(Done.Count))
                await Task.Delay(20, cancellationToken);
            var moment = random.Next(20) switch
            {
                < 3 => Moment.Starting,
                < 11 => Moment.Busy,
                _ => Moment.Any,
            };
            var chosen = moment == Moment.Starting ? before : Choose();
            await WaitAsync(moment, cancellationToken);
            foreach (var victim in chosen)
            {
                var busy = atWork();
                if (!victim.Kill())
                    continue;
                work.Stop();
                Done.Add(new Kill(victim.Name, moment, busy));
            }
            before = chosen;
            if (Done.Count / 50 > told)
                Campaign.Say($"{Done.Count} of {kills} kills, {Stopwatch.GetElapsedTime(begun):mm\\:ss}, at work {atWork()}, in vain {Silences}");
            told = Done.Count / 50;
        }
    }

    public IEnumerable<(string, object)> Figures() =>
        [
            ("kills", Done.Count),
            .. victims.Select(victim => ($"of {victim.Name}", (object)victim.Kills)),
            ("while starting", Done.Count(kill => kill.Moment == Moment.Starting)),
            ("in a busy moment", Done.Count(kill => kill.Moment == Moment.Busy)),
            ("with work in flight", Done.Count(kill => kill.AtWork > 0)),
            ("restarts", victims.Sum(victim => victim.Lives - 1)),
            ("deaths without a kill", victims.Sum(victim => victim.Deaths.Count)),
        ];

    private Victim[] Choose() => random.Next(10) == 0 ? [.. victims] : [victims[random.Next(victims.Count)]];

    private async Task WaitAsync(Moment moment, CancellationToken cancellationToken)
    {
        var milliseconds = moment switch
        {
            Moment.Starting => random.Next(900),
            Moment.Busy => random.Next(25),
            _ => random.Next(600),
        };
        for (
            var beats = moment switch
            {
                Moment.Starting => 0,
                Moment.Busy => random.Next(1, 9),
                _ => 1,
            };
            beats > 0;
            beats--
        )
        {
            if (await work.NextAsync(Patience))
                continue;
            Silences++;
            break;
        }
        await Task.Delay(milliseconds, cancellationToken);
    }
}
