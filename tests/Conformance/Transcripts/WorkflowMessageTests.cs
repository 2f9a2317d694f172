using System.Text.Json.Nodes;
using Dapr.DurableTask.Protobuf;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Dapr.Conformance.Tests.Transcripts;

/// <summary>The protocol definition that runtime and SDK are built from has every field that daprd 1.18.2 was seen to send.</summary>
public class WorkflowMessageTests
{
    private static readonly Dictionary<string, MessageDescriptor> Answers = new(StringComparer.Ordinal)
    {
        ["WorkItem.workflowRequest"] = WorkItem.Descriptor,
        ["WorkItem.activityRequest"] = WorkItem.Descriptor,
    };

    private static readonly JsonParser Strict = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(false));

    public static IEnumerable<TheoryDataRow<string>> Cases =>
        Transcript.Rows(Transcript.Lines("workflow.jsonl").Where(line => Field(line) is not null).Select(line => (string)line["case"]!).Distinct());

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_message_of_the_case_has_a_place_in_the_definition(string recordedCase)
    {
        foreach (var line in Transcript.Lines("workflow.jsonl").Where(line => (string)line["case"]! == recordedCase))
            if (Field(line) is { } found)
                Assert.NotNull(Strict.Parse(FullNames(found.Body).ToJsonString(), found.Type));
    }

    /// <summary>The recording writes statuses without the prefix of the definition.</summary>
    private static JsonNode FullNames(JsonNode body)
    {
        var copy = body.DeepClone();
        Rename(copy);
        return copy;

        static void Rename(JsonNode? node)
        {
            if (node is JsonArray array)
                foreach (var each in array)
                    Rename(each);
            if (node is not JsonObject json)
                return;
            if (json["workflowStatus"] is JsonValue status && status.TryGetValue<string>(out var name))
                json["workflowStatus"] = $"ORCHESTRATION_STATUS_{name}";
            foreach (var (_, each) in json)
                Rename(each);
        }
    }

    private static (MessageDescriptor Type, JsonNode Body)? Field(JsonNode line)
    {
        var message = (string?)line["message"] ?? "";
        if (Answers.TryGetValue(message, out var type) && line["body"] is { } body)
            return (type, body);
        var method = TaskHubSidecarService.Descriptor.FindMethodByName(message);
        return method is not null && line["answer"] is JsonObject answer ? (method.OutputType, answer) : null;
    }
}
