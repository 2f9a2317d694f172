using Dapr.Common.Serialization;
using Dapr.DurableTask.Protobuf;
using Dapr.Workflow;
using Dapr.Workflow.Worker.Replay;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace WorkflowSdk.Tests.Replay;

/// <summary>
/// A hand-driven engine for one instance: each turn replays the whole history, and what the code decided becomes history, as in the
/// real one. Beside it an execution is kept from turn to turn, which plays only what is new and must answer the same.
/// </summary>
internal sealed class Story(Func<WorkflowContext, string?, Task<object?>> body)
{
    public const string InstanceId = "order-7";
    private static readonly DateTimeOffset Began = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly List<HistoryEvent> _past = [];
    private int _turns;
    private WorkflowExecution? _kept;

    /// <summary>False for code that must run only once for each turn, since its effects are counted.</summary>
    public bool KeepsExecution { get; init; } = true;

    public IReadOnlyList<HistoryEvent> Past => _past;

    public string ExecutionId { get; init; } = "4d1f0f52-3b55-4f2b-9f5e-0d6a3c1c8a11";

    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;

    /// <summary>The time of turn <paramref name="number"/>, counted from 0.</summary>
    public static DateTime TimeOf(int number) => Began.UtcDateTime.AddMinutes(number);

    /// <summary>The first turn, with whatever came along.</summary>
    public WorkflowResponse Start(string? input = null, params HistoryEvent[] along) => Turn([Started(input), .. along]);

    /// <summary>One turn: plays it, makes it history, gives the answer.</summary>
    public WorkflowResponse Turn(params HistoryEvent[] inbox)
    {
        var response = Peek(inbox);
        if (KeepsExecution)
            Continue(inbox, response);
        var began = TurnBegan(_turns++);
        if (response.Version is { } version)
        {
            var known = _past.Sum(each => each.WorkflowStarted?.Version?.Patches.Count ?? 0);
            began.WorkflowStarted.Version = new WorkflowVersion { Patches = { version.Patches.Skip(known) } };
        }

        _past.AddRange([began, .. inbox, .. response.Actions.Select(Events.FromAction)]);
        return response;
    }

    /// <summary>The answer of a turn that is never committed.</summary>
    public WorkflowResponse Peek(params HistoryEvent[] inbox) => Begin(inbox).Answer;

    private (WorkflowExecution Execution, WorkflowResponse Answer) Begin(HistoryEvent[] inbox)
    {
        WorkflowRequest request = new()
        {
            InstanceId = InstanceId,
            PastEvents = { _past },
            NewEvents = { TurnBegan(_turns) },
        };
        request.NewEvents.AddRange(inbox);
        return WorkflowExecution.Begin(request.Clone(), _ => new Body(body), new JsonDaprSerializer(), Loggers);
    }

    private void Continue(HistoryEvent[] inbox, WorkflowResponse replayed)
    {
        WorkflowResponse? answer;
        if (_kept is null)
            (_kept, answer) = Begin(inbox);
        else
            Assert.True(
                _kept.TryContinue(
                    _kept.ConfirmedEvents,
                    [.. _past.Skip(_kept.ConfirmedEvents).Select(each => each.Clone())],
                    [TurnBegan(_turns), .. inbox.Select(each => each.Clone())],
                    out answer
                )
            );
        Assert.Equal(WithoutStacks(replayed), WithoutStacks(answer!));
    }

    /// <summary>The stack of a failure tells how the code was played.</summary>
    private static WorkflowResponse WithoutStacks(WorkflowResponse response)
    {
        var copy = response.Clone();
        foreach (var each in copy.Actions)
            for (var details = each.CompleteWorkflow?.FailureDetails; details is not null; details = details.InnerFailure)
                details.StackTrace = null;
        return copy;
    }

    /// <summary>Goes on with a history that somebody else made.</summary>
    public Story WithPast(params HistoryEvent[] past)
    {
        _past.AddRange(past);
        _turns = past.Count(each => each.WorkflowStarted is not null);
        return this;
    }

    public HistoryEvent Started(string? input = null) =>
        new()
        {
            EventId = -1,
            ExecutionStarted = new ExecutionStartedEvent
            {
                Name = "Order",
                Input = input,
                WorkflowInstance = new WorkflowInstance { InstanceId = InstanceId, ExecutionId = ExecutionId },
            },
        };

    public static HistoryEvent TurnBegan(int number) =>
        new()
        {
            EventId = -1,
            Timestamp = Timestamp.FromDateTimeOffset(Began.AddMinutes(number)),
            WorkflowStarted = new WorkflowStartedEvent(),
        };

    internal sealed class Body(Func<WorkflowContext, string?, Task<object?>> run) : Workflow<string?, object?>
    {
        public override Task<object?> RunAsync(WorkflowContext context, string? input) => run(context, input);
    }
}
