using System.Globalization;
using Dapr.Common.Serialization;
using Dapr.DurableTask.Protobuf;
using Dapr.Workflow;
using Dapr.Workflow.Worker.Replay;
using Microsoft.Extensions.Logging.Abstractions;

namespace WorkflowSdk.Tests.Replay;

/// <summary>
/// A random workflow on a runtime that hands its turns to three workers, brings each of them only what it was not sent before, loses
/// answers and streams, and whose workers lose executions. Every answer is compared with that of a full replay.
/// </summary>
internal sealed class KeptExecutionSimulation(int seed)
{
    private const int Workers = 3;
    private readonly Random _chance = new(seed);
    private readonly List<HistoryEvent> _past = [];
    private readonly List<HistoryEvent> _inbox = [new Story((_, _) => Task.FromResult<object?>(null)).Started("\"begin\"")];
    private readonly List<HistoryEvent> _answers = [];
    private readonly WorkflowExecution?[] _kept = new WorkflowExecution?[Workers];
    private readonly int[] _sent = new int[Workers];
    private int _began;
    private bool _isSuspended;

    public int Hits { get; private set; }

    public int Misses { get; private set; }

    public int Turns { get; private set; }

    public void Run()
    {
        for (var step = 0; step < 400; step++)
        {
            if (_inbox.Count == 0 || _chance.Next(3) == 0)
                Happen();
            if (_inbox.Count > 0 && Turn(_chance.Next(5) == 0 ? _chance.Next(Workers) : 0))
                return;
        }
    }

    /// <summary>Something comes in from outside: a result that is waited for, an event, a suspension or its end.</summary>
    private void Happen()
    {
        var what = _chance.Next(10);
        if (what == 0)
            _inbox.Add(Events.Raised("go", $"\"{_chance.Next(100)}\""));
        else if (what == 1)
            _inbox.Add(_isSuspended ? Events.Resumed() : Events.Suspended());
        else if (_answers.Count > 0)
        {
            var index = _chance.Next(_answers.Count);
            _inbox.Add(_answers[index]);
            _answers.RemoveAt(index);
        }
        else
            _inbox.Add(_isSuspended ? Events.Resumed() : Events.Raised("go", "\"late\""));
        if (_inbox[^1].ExecutionSuspended is not null)
            _isSuspended = true;
        if (_inbox[^1].ExecutionResumed is not null)
            _isSuspended = false;
    }

    /// <summary>One delivery of a turn; true where the instance is over.</summary>
    private bool Turn(int worker)
    {
        Turns++;
        if (_chance.Next(20) == 0)
            (_kept[worker], _sent[worker]) = (null, 0);
        if (_chance.Next(10) == 0)
            _kept[worker] = null;
        List<HistoryEvent> fresh = [Story.TurnBegan(_began++), .. _inbox];
        var held = _sent[worker];
        _sent[worker] = _past.Count;
        var replayed = Begin(fresh).Answer;
        if (_kept[worker] is { } kept && kept.TryContinue(held, Copy(_past.Skip(held)), Copy(fresh), out var answer))
            Hits++;
        else
        {
            Misses++;
            (_kept[worker], answer) = Begin(fresh);
        }

        Assert.True(replayed.Equals(answer), $"seed {seed}, {_past.Count} events: a replay answers {replayed}, the kept execution {answer}");
        if (_chance.Next(8) == 0)
            return false;
        Commit(fresh, answer);
        return answer.Actions.Any(each => each.CompleteWorkflow is not null);
    }

    private void Commit(List<HistoryEvent> fresh, WorkflowResponse answer)
    {
        var known = _past.Sum(each => each.WorkflowStarted?.Version?.Patches.Count ?? 0);
        if (answer.Version is { } version && version.Patches.Count > known)
        {
            fresh[0] = fresh[0].Clone();
            fresh[0].WorkflowStarted.Version = new WorkflowVersion { Patches = { version.Patches.Skip(known) } };
        }

        _past.AddRange([.. fresh, .. answer.Actions.Select(Events.FromAction)]);
        _inbox.Clear();
        foreach (var each in answer.Actions)
        {
            if (each.ScheduleTask is not null)
                _answers.Add(
                    _chance.Next(4) == 0 ? Events.Failed(each.Id) : Events.Completed(each.Id, $"\"r{each.Id}\"", each.ScheduleTask.TaskExecutionId)
                );
            else if (each.CreateTimer is not null)
                _answers.Add(Events.Fired(each.Id));
            else if (each.CreateChildWorkflow is not null)
                _answers.Add(_chance.Next(3) == 0 ? Events.ChildFailed(each.Id) : Events.ChildCompleted(each.Id, $"\"c{each.Id}\""));
        }
    }

    private (WorkflowExecution Execution, WorkflowResponse Answer) Begin(List<HistoryEvent> fresh)
    {
        WorkflowRequest request = new()
        {
            InstanceId = Story.InstanceId,
            PastEvents = { Copy(_past) },
            NewEvents = { Copy(fresh) },
        };
        return WorkflowExecution.Begin(request, _ => new Story.Body(RunAsync), new JsonDaprSerializer(), NullLoggerFactory.Instance);
    }

    private static List<HistoryEvent> Copy(IEnumerable<HistoryEvent> events) => [.. events.Select(each => each.Clone())];

    /// <summary>A workflow of random steps, the same for each run of the code.</summary>
    private async Task<object?> RunAsync(WorkflowContext context, string? input)
    {
        Random script = new(seed);
        List<string?> seen = [input];
        for (var step = script.Next(4, 16); step > 0; step--)
        {
            try
            {
                await StepAsync(context, script.Next(9), step, seen);
            }
            catch (Exception failure) when (failure is WorkflowTaskFailedException or TaskCanceledException)
            {
                seen.Add(failure.Message);
            }
        }

        seen.Add(context.CurrentUtcDateTime.ToString("O", CultureInfo.InvariantCulture));
        return string.Join('|', seen);
    }

    private static async Task StepAsync(WorkflowContext context, int kind, int step, List<string?> seen)
    {
        switch (kind)
        {
            case 0:
                seen.Add(await context.CallActivityAsync<string>($"A{step}", seen[^1]));
                break;
            case 1:
                seen.AddRange(
                    await Task.WhenAll(Enumerable.Range(0, 3).Select(each => context.CallActivityAsync<string>($"P{each}", context.NewGuid())))
                );
                break;
            case 2:
                await context.CreateTimer(TimeSpan.FromMinutes(step));
                break;
            case 3:
                seen.Add(await context.WaitForExternalEventAsync<string>("go", TimeSpan.FromMinutes(3)));
                break;
            case 4:
                seen.Add(await context.CallChildWorkflowAsync<string>("C", step));
                break;
            case 5:
                context.SetCustomStatus(seen.Count);
                break;
            case 6:
                if (context.IsPatched($"p{step}"))
                    seen.Add(await context.CallActivityAsync<string>("Patched"));
                break;
            case 7:
                context.SendEvent("other", "hello", seen.Count);
                break;
            default:
                seen.AddRange(await context.ProcessInParallelAsync(Enumerable.Range(0, 4), each => context.CallActivityAsync<string>("L", each), 2));
                break;
        }
    }
}
