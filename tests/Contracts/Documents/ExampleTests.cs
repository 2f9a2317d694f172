using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Dapr.Anomaly.Inference.Samples;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Contracts.Tests.Documents;

/// <summary>Examples of the documents are what the code reads, and writes.</summary>
public class ExampleTests
{
    private static readonly JsonSerializerOptions Strict = new(MessageJson.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    public static TheoryData<string> Files => [.. ApiNode.Files("")];

    [Theory]
    [MemberData(nameof(Files))]
    public void Examples_OfADocument_AreReadAndWrittenAsTheyStand(string file)
    {
        foreach (var (type, example) in Examples(ApiNode.Load(file)))
        {
            var value = example.Deserialize(type, Strict)!;
            var written = JsonNode.Parse(Contracts.Write(value));
            Assert.True(JsonNode.DeepEquals(example, written), $"{file}: the example of {type.Name} is\n{example}\nand is written\n{written}");
        }
    }

    [Fact]
    public void Examples_OfEveryContractThatIsAnswered_AreThere()
    {
        var shown = ApiNode.Files("").SelectMany(f => Examples(ApiNode.Load(f))).Select(e => e.Type.Name);
        var answered = ApiNode
            .Files("")
            .SelectMany(f => ApiNode.Load(f).All)
            .Where(n => n is { Name: "application/json", Json: JsonObject })
            .Select(n => n["schema"]!.Name)
            .Where(Contracts.ByName.ContainsKey);
        Assert.Empty(answered.Distinct().Except(shown).Order());
    }

    [Fact]
    public void Examples_OfQuestions_AreRead()
    {
        var media = ApiNode.Load("inference.yaml")["paths"]!["/v1/score"]!["post"]!["requestBody"]!["content"]!["application/json"]!;
        var questions = media["examples"]!.Members.ToDictionary(e => e.Name, e => e["value"]!.Json!);
        foreach (var question in questions.Values)
        {
            Assert.NotEmpty(ScoreBody.Read(System.Text.Encoding.UTF8.GetBytes(question.ToJsonString())));
        }
        // The example of one series shows every member.
        var whole = (JsonObject)questions["one series"];
        var schemas = ApiNode.Load("schemas/question.yaml");
        Assert.Equal(schemas["ScoreQuestion"]!["properties"]!.Keys.Order(), whole.Select(m => m.Key).Order());
        Assert.Equal(schemas["QuestionSeries"]!["properties"]!.Keys.Order(), whole["series"]!.AsObject().Select(m => m.Key).Order());
    }

    /// <summary>Examples beside a schema, and those of messages.</summary>
    private static IEnumerable<(Type Type, JsonNode Example)> Examples(ApiNode document)
    {
        foreach (var node in document.All.Where(n => n.Json is JsonObject))
        {
            if (node["schema"] is { } schema && Contracts.ByName.TryGetValue(schema.Name, out var type) && node["example"]?.Json is { } example)
                yield return (type, example);
            if (node["payload"] is { } payload && Contracts.ByName.TryGetValue(payload.Name, out type) && node["examples"]?.Json is JsonArray list)
                foreach (var shown in list)
                    yield return (type, shown!["payload"]!);
        }
    }
}
