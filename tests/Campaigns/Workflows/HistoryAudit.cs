using System.Text.Json;
using Dapr.DurableTask.Protobuf;
using Kind = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace Dapr.Anomaly.Campaigns.Tests.Workflows;

/// <summary>
/// Holds the history of a chain against what its worker recorded and what its client was told. The invariants: it is Completed; each step was
/// scheduled once, recorded at least once and resolved exactly once, with a value that a run of that step recorded, and that value is the input
/// of the next step and stands in the output; each timer fired once; an acknowledged event is in the history exactly once, one without an
/// answer at most once, all in the order of their attempts; the workflow took exactly those. Only the event that closes the chain may be
/// acknowledged without being there, when an earlier attempt closed it: an event for a finished instance is accepted and dropped.
/// </summary>
internal sealed class HistoryAudit(Chain chain, WorkflowState state, IReadOnlyList<HistoryEvent> history, IReadOnlyList<Effect> effects)
{
    private readonly List<string> problems = [];

    public IReadOnlyList<string> Problems()
    {
        Expect(state.WorkflowStatus == OrchestrationStatus.Completed, $"its status is {state.WorkflowStatus}");
        Expect(Of(Kind.ExecutionStarted).Count == 1, $"it has {Of(Kind.ExecutionStarted).Count} starts");
        Expect(Of(Kind.ExecutionCompleted).Count == 1, $"it has {Of(Kind.ExecutionCompleted).Count} ends");
        Expect(Of(Kind.TaskFailed).Count == 0, $"{Of(Kind.TaskFailed).Count} activities failed");
        var output = state.Output is { Length: > 0 } text
            ? JsonSerializer.Deserialize<ChainOutput>(text, JsonSerializerOptions.Web)!
            : new ChainOutput([], []);
        Steps(output);
        Timers();
        Events(output);
        return [.. problems.Select(problem => $"{chain.Id}: {problem}")];
    }

    /// <summary>The longest time between two entries of the history that was not spent waiting for the client.</summary>
    public TimeSpan LongestPause()
    {
        var longest = TimeSpan.Zero;
        for (var i = 1; i < history.Count; i++)
        {
            // A turn's first entry has the time of the turn, the event that woke it its own, earlier one.
            if (
                history[i].EventTypeCase == Kind.EventRaised
                || (history[i].EventTypeCase == Kind.WorkflowStarted && i + 1 < history.Count && history[i + 1].EventTypeCase == Kind.EventRaised)
            )
                continue;
            var pause = history[i].Timestamp.ToDateTime() - history[i - 1].Timestamp.ToDateTime();
            longest = pause > longest ? pause : longest;
        }
        return longest;
    }

    private void Steps(ChainOutput output)
    {
        var scheduled = Of(Kind.TaskScheduled);
        var resolved = Of(Kind.TaskCompleted).ToLookup(one => one.TaskCompleted.TaskScheduledId);
        Expect(scheduled.Count == Chain.Steps, $"{scheduled.Count} activities were scheduled");
        Expect(Of(Kind.TaskCompleted).Count == Chain.Steps, $"{Of(Kind.TaskCompleted).Count} activities were resolved");
        Expect(output.Values.Length == Chain.Steps, $"its output has {output.Values.Length} values");
        var previous = 0L;
        for (var step = 0; step < scheduled.Count; step++)
        {
            var input = JsonSerializer.Deserialize<StepInput>(scheduled[step].TaskScheduled.Input, JsonSerializerOptions.Web)!;
            var results = resolved[scheduled[step].EventId].Select(one => JsonSerializer.Deserialize<long>(one.TaskCompleted.Result)).ToList();
            var runs = effects.Where(effect => effect.Step == step).ToList();
            Expect(input.Step == step && input.Previous == previous, $"step {step} was given {input}, expected the value {previous}");
            Expect(runs.Count > 0, $"step {step} was never recorded");
            Expect(runs.TrueForAll(run => run.Previous == previous), $"step {step} ran with another input than {previous}");
            Expect(results.Count == 1, $"step {step} has {results.Count} results");
            if (results.Count == 0)
                return;
            Expect(runs.Exists(run => run.Value == results[0]), $"the result {results[0]} of step {step} was never recorded");
            Expect(
                step < output.Values.Length && output.Values[step] == results[0],
                $"the output does not have the result {results[0]} of step {step}"
            );
            previous = results[0];
        }
    }

    private void Timers()
    {
        var fired = Of(Kind.TimerFired).ToLookup(one => one.TimerFired.TimerId);
        Expect(
            Of(Kind.TimerCreated).Count == 1 && Of(Kind.TimerFired).Count == 1,
            $"{Of(Kind.TimerCreated).Count} timers were created, {Of(Kind.TimerFired).Count} fired"
        );
        foreach (var created in Of(Kind.TimerCreated))
        {
            Expect(fired[created.EventId].Count() == 1, $"timer {created.EventId} fired {fired[created.EventId].Count()} times");
            Expect(fired[created.EventId].All(one => one.Timestamp >= created.TimerCreated.FireAt), $"timer {created.EventId} fired early");
        }
    }

    private void Events(ChainOutput output)
    {
        var raised = Of(Kind.EventRaised).Select(one => JsonSerializer.Deserialize<string>(one.EventRaised.Input)!).ToList();
        var attempts = chain.Attempts.Select(attempt => attempt.Payload).ToList();
        var isClosed = false;
        foreach (var (payload, acknowledged) in chain.Attempts)
        {
            var times = raised.Count(one => one == payload);
            Expect(times <= 1, $"event {payload} is there {times} times");
            Expect(times == 1 || !acknowledged || isClosed, $"the acknowledged event {payload} is lost");
            isClosed |= times > 0 && payload.StartsWith("close", StringComparison.Ordinal);
        }
        Expect(isClosed, "nothing closed it");
        Expect(
            raised.SequenceEqual(attempts.Where(raised.Contains)),
            $"its events are {string.Join(' ', raised)}, raised in the order {string.Join(' ', attempts)}"
        );
        var taken = raised.Take(raised.FindIndex(one => one.StartsWith("close", StringComparison.Ordinal)) + 1);
        Expect(output.Notes.SequenceEqual(taken), $"the workflow took {string.Join(' ', output.Notes)} of {string.Join(' ', raised)}");
    }

    private List<HistoryEvent> Of(Kind kind) => [.. history.Where(one => one.EventTypeCase == kind)];

    private void Expect(bool holds, string otherwise)
    {
        if (!holds)
            problems.Add(otherwise);
    }
}
