using System.Text.Json.Nodes;
using Dapr.DurableTask.Protobuf;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Dapr.Conformance.Tests.Transcripts;

/// <summary>
/// The messages of the package have every field that daprd 1.18.2 was seen to send, and the embedded runtime has every field of the package.
/// </summary>
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

    [Fact]
    public void The_embedded_runtimes_definition_has_every_field_of_the_packages()
    {
        // Its messages are its own, as the package has no server half; they are not public.
        var reflection = typeof(Embedded.EmbeddedDapr).Assembly.GetType("Dapr.DurableTask.Protobuf.TaskhubReflection", throwOnError: true)!;
        var own = Fields(All((FileDescriptor)reflection.GetProperty("Descriptor")!.GetValue(null)!)).ToHashSet(StringComparer.Ordinal);
        var packages = Fields(All(TaskHubSidecarService.Descriptor.File)).ToList();

        Assert.True(packages.Count > 200, $"{packages.Count} fields");
        Assert.Equal([], packages.Except(own).Where(field => !IsLeftOut(field)));
    }

    /// <summary>
    /// Signed histories, which the runtime does not have; retired routers, in whose place the action's own stands; a ping that a runtime may send.
    /// </summary>
    private static bool IsLeftOut(string field) =>
        field.Contains("ttestation", StringComparison.Ordinal)
        || field.StartsWith("ExternalSigningCertificate.", StringComparison.Ordinal)
        || field.StartsWith("WorkItem.healthPing ", StringComparison.Ordinal)
        || (field.Contains("Action.router = ", StringComparison.Ordinal) && !field.StartsWith("WorkflowAction.", StringComparison.Ordinal));

    private static IEnumerable<FileDescriptor> All(FileDescriptor file) => file.Dependencies.SelectMany(All).Append(file).Distinct();

    private static IEnumerable<string> Fields(IEnumerable<FileDescriptor> files) => files.SelectMany(file => file.MessageTypes).SelectMany(Fields);

    private static IEnumerable<string> Fields(MessageDescriptor message) =>
        message
            .Fields.InFieldNumberOrder()
            .Select(field => $"{message.FullName}.{field.Name} = {field.FieldNumber} {field.FieldType} repeated {field.IsRepeated}")
            .Concat(message.NestedTypes.SelectMany(Fields));

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
