using System.Text.Json.Nodes;
using Dapr.Anomaly.Inference.Samples;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Contracts.Tests.Documents;

/// <summary>docs/api/schemas and the records of the code say the same, both ways.</summary>
public class SchemaTests
{
    private const string Question = "schemas/question.yaml";

    private static readonly IReadOnlyDictionary<string, ApiNode> Schemas = ApiNode
        .Files("schemas")
        .Where(f => f != Question)
        .SelectMany(f => ApiNode.Load(f).Members)
        .ToDictionary(s => s.Name);

    public static TheoryData<string> Names => [.. Contracts.ByName.Keys.Order()];

    [Fact]
    public void Schemas_AreThoseOfTheContracts() => Assert.Equal(Contracts.ByName.Keys.Order(), Schemas.Keys.Order());

    [Theory]
    [MemberData(nameof(Names))]
    public void Schema_OfAContract_HasItsPropertiesTypesAndValues(string name) =>
        Assert.Empty(SchemaComparison.Differences(Contracts.ByName[name], Schemas[name], name));

    [Theory]
    [InlineData("ScoreQuestion", "$", """{"series":{"name":"a"},"points":[[0,1]],"more":1}""")]
    [InlineData("QuestionSeries", "$.series", """{"series":{"name":"a","more":1},"points":[[0,1]]}""")]
    public void Question_MembersThatAreKnown_AreThoseOfTheSchema(string schema, string path, string body)
    {
        var refusal = Assert.Throws<MessageException>(() => ScoreBody.Read(System.Text.Encoding.UTF8.GetBytes(body))).Message;

        var begin = $"{path}.more: unknown; known are ";
        Assert.StartsWith(begin, refusal);
        // An id is taken, so that a series of an answer can be sent as it is, and not recommended.
        Assert.Equal(
            ApiNode.Load(Question)[schema]!["properties"]!.Keys.Where(k => k != "id"),
            refusal[begin.Length..].Split([", ", " and "], StringSplitOptions.None)
        );
    }

    [Fact]
    public void Question_LimitsOfTheSchema_AreThoseOfTheCode()
    {
        var points = ApiNode.Load(Question)["ScoreQuestion"]!["properties"]!["points"]!;
        var many = ApiNode.Load("inference.yaml")["paths"]!["/v1/score"]!["post"]!["requestBody"]!["content"]!["application/json"]!;

        Assert.Equal(ScoreBody.MaxPoints, points["maxItems"]!.Json!.GetValue<long>());
        Assert.Equal(ScoreBody.MaxSeries, ((JsonArray)many["schema"]!["oneOf"]!.Json!)[1]!["maxItems"]!.GetValue<long>());
    }
}
