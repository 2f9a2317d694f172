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
/// real one.
/// </summary>
internal sealed class Story(Func<WorkflowContext, string?, Task<object?>> body)
{
    public const string InstanceId = "order-7";
    private static readonly DateTimeOffset Began = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly List<HistoryEvent> _past = [];
    private int _turns;

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
    public WorkflowResponse Peek(params HistoryEvent[] inbox)
    {
        WorkflowRequest request = new() { InstanceId = InstanceId, PastEvents = { _past }, NewEvents = { TurnBegan(_turns) } };
        request.NewEvents.AddRange(inbox);
        return WorkflowTurn.Play(request.Clone(), _ => new Body(body), new JsonDaprSerializer(), Loggers);
    }

    /// <summary>Goes on with a history that somebody else made.</summary>
    public Story WithPast(params HistoryEvent[] past)
    {
        _past.AddRange(past);
        _turns = past.Count(each => each.WorkflowStarted is not null);
        return this;
    }

    public HistoryEvent Started(string? input = null) => new()
    {
        EventId = -1,
        ExecutionStarted = new ExecutionStartedEvent
        {
            Name = "Order",
            Input = input,
            WorkflowInstance = new WorkflowInstance { InstanceId = InstanceId, ExecutionId = ExecutionId },
        },
    };

    public static HistoryEvent TurnBegan(int number) => new()
    {
        EventId = -1,
        Timestamp = Timestamp.FromDateTimeOffset(Began.AddMinutes(number)),
        WorkflowStarted = new WorkflowStartedEvent(),
    };

    private sealed class Body(Func<WorkflowContext, string?, Task<object?>> run) : Workflow<string?, object?>
    {
        public override Task<object?> RunAsync(WorkflowContext context, string? input) => run(context, input);
    }
}
