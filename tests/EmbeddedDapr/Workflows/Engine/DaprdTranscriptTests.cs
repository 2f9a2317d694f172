using System.Text.Json.Nodes;
using Dapr.DurableTask.Protobuf;
using Dapr.Embedded.Workflows.Engine;
using Google.Protobuf;
using Kind = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace EmbeddedDapr.Tests.Workflows.Engine;

/// <summary>
/// Turns that a real daprd 1.18.2 handed out, and the answers it got: from the same inbox and answer the machine makes the history that
/// daprd showed in the next turn.
/// </summary>
public sealed class DaprdTranscriptTests
{
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    /// <summary>Cases that show what daprd does otherwise on purpose here: duplicate ids, lost terminations, results of older generations.</summary>
    private static readonly string[] Otherwise =
    [
        "two activities with",
        "terminate, worker",
        "an activity of the old generation",
        "a completion with status",
        "executionCompleted with a status",
        "sendEvent",
        "terminateWorkflow",
        "an id with '::'",
        "an answer without them stalls",
        "continue-as-new in one go",
        "history past the message limit",
        "rerun",
        "lost stream",
        "killed",
        "storage",
    ];

    [Fact]
    public void Histories_are_those_of_daprd()
    {
        var path = Environment.GetEnvironmentVariable("ANOMALY_DATA") is { Length: > 0 } data
            ? Path.Combine(data, "daprd-transcripts", "workflow.jsonl")
            : null;
        Assert.SkipWhen(path is null, "ANOMALY_DATA is not set: the folder with daprd-transcripts/workflow.jsonl");
        var steps = File.ReadLines(path!)
            .Select(line => JsonNode.Parse(line)!)
            .Where(step => !Otherwise.Any(step["case"]!.GetValue<string>().Contains))
            .ToList();
        var compared = 0;
        foreach (var one in steps.GroupBy(step => step["case"]!.GetValue<string>()))
            compared += Replay(one.Key, [.. one]);
        Assert.True(compared >= 70, $"{compared} histories were compared");
    }

    private static int Replay(string name, IReadOnlyList<JsonNode> steps)
    {
        var compared = 0;
        var states = new Dictionary<string, InstanceState>();
        var open = new Dictionary<string, OpenTurn>();
        foreach (var step in steps)
        {
            if (step["message"]!.GetValue<string>() == "WorkItem.workflowRequest")
            {
                var turn = WorkItemOf(step).WorkflowRequest;
                if (!states.TryGetValue(turn.InstanceId, out var state) || turn.PastEvents.Count == 0)
                {
                    if (turn.PastEvents.Count > 0)
                        continue;
                    state = states[turn.InstanceId] = new InstanceState(turn.InstanceId);
                }
                else
                {
                    Assert.Equal(turn.PastEvents.Select(Comparable), state.History.Events().Select(Comparable));
                    compared++;
                }
                state.Apply(LogRecord.Received(turn.NewEvents.Skip(1)));
                open[turn.InstanceId] = new OpenTurn(turn.NewEvents.Count - 1, turn.NewEvents[0]);
            }
            else if (step["message"]!.GetValue<string>() is "CompleteOrchestratorTask" or "CompleteWorkflowTask" && step["error"] is null)
            {
                var answer = Parser.Parse<WorkflowResponse>(Plain(step["body"]!)!.ToJsonString());
                if (!open.Remove(answer.InstanceId, out var turn) || !states.TryGetValue(answer.InstanceId, out var state))
                    continue;
                var context = new TurnContext(AppOf(state), DateTimeOffset.UnixEpoch, () => "next");
                var record = Turn.Complete(state, turn, answer, context).Record;
                if (record is not null)
                    state.Apply(record);
                Assert.True(record is not null || state.Stalled is not null, name);
            }
            else if (
                step["message"]!.GetValue<string>() == "GetInstanceHistory"
                && step["answer"] is { } seen
                && states.TryGetValue(step["body"]!["instanceId"]!.GetValue<string>(), out var state)
                && !open.ContainsKey(state.InstanceId)
            )
            {
                var history = Parser.Parse<GetInstanceHistoryResponse>(Plain(seen)!.ToJsonString()).Events;
                Assert.Equal(history.Select(Comparable), state.History.Events().Select(Comparable));
                compared++;
            }
        }
        return compared;
    }

    private static string AppOf(InstanceState state) => state.Start?.Router?.SourceAppID ?? "";

    /// <summary>An event without its timestamp: that of what was made from an action is the time of the answer.</summary>
    private static string Comparable(HistoryEvent happened)
    {
        var copy = happened.Clone();
        copy.Timestamp = null;
        return copy.EventTypeCase == Kind.ExecutionStarted ? copy.ExecutionStarted.Name : copy.ToString();
    }

    private static WorkItem WorkItemOf(JsonNode step) => Parser.Parse<WorkItem>(Plain(step["body"]!)!.ToJsonString());

    /// <summary>The transcript's way to write values, as the JSON of protobuf: wrapped strings bare, times as text, full enum names.</summary>
    private static JsonNode? Plain(JsonNode? node, string name = "") =>
        node switch
        {
            JsonObject { Count: 1 } wrapped when wrapped["value"] is JsonValue value => value.DeepClone(),
            JsonObject time when time.ContainsKey("seconds") => JsonValue.Create(Time(time)),
            JsonObject all => new JsonObject(all.Select(pair => KeyValuePair.Create(pair.Key, Plain(pair.Value, pair.Key)))),
            JsonArray many => new JsonArray([.. many.Select(one => Plain(one))]),
            JsonValue word when name is "workflowStatus" && word.TryGetValue<string>(out var status) => JsonValue.Create(
                $"ORCHESTRATION_STATUS_{status}"
            ),
            _ => node?.DeepClone(),
        };

    private static string Time(JsonObject time) =>
        new Google.Protobuf.WellKnownTypes.Timestamp
        {
            Seconds = (long)time["seconds"]!.GetValue<double>(),
            Nanos = (int)(time["nanos"]?.GetValue<double>() ?? 0),
        }
            .ToString()
            .Trim('"');
}
