using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Dapr.Anomaly.Platform.Tests.Registry.Fake;
using static Dapr.Anomaly.Platform.Tests.Registry.MlflowFixture;

namespace Dapr.Anomaly.Platform.Tests.Registry;

/// <summary>
/// Every call of the client is one that real servers answered with 200: method, path, and no field that they did not get, or got with another type.
/// </summary>
public sealed partial class MlflowCallsTests
{
    [Theory]
    [InlineData("3.18.0")]
    [InlineData("2.22.5")]
    public async Task EveryCall_IsARecordedOne(string version)
    {
        await using var fake = await FakeMlflow.StartAsync(version);
        using (var trainer = Machine.Fresh(fake.Uri))
        {
            await TrainAsync(trainer.Registry, "w1", "v1");
            await TrainAsync(trainer.Registry, "w2", "v2");
            await trainer.ReplayAsync();
        }
        using var scorer = Machine.Fresh(fake.Uri);
        await scorer.Registry.DownloadAsync(
            (await scorer.Registry.FindByAliasAsync(Model, "champion", CancellationToken.None))!,
            CancellationToken.None
        );

        var recorded = Recorded();
        var seen = fake.Calls.Where(c => !(version.StartsWith('2') && c.Name.Contains("logged-models", StringComparison.Ordinal))).ToArray();
        Assert.True(seen.Length > 40);
        foreach (var call in seen)
        {
            var name = Template(call.Name);
            Assert.True(recorded.ContainsKey(name), $"{name} was never recorded");
            var body = Kinds(call.Body)
                .Where(k => !(recorded[name]!["body"]![k.Field] is JsonArray kinds && kinds.Any(r => r!.GetValue<string>() == k.Kind)))
                .Select(k => $"{name}: {k}");
            var query = call.Query.Keys.Except(recorded[name]!["query"]!.AsArray().Select(q => q!.GetValue<string>())).Select(q => $"{name}?{q}");
            Assert.Empty(body.Concat(query));
        }
    }

    private static JsonObject Recorded() =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Registry", "Golden", "mlflow-calls.json")))!.AsObject();

    private static string Template(string name) => Artifact().Replace(ModelId().Replace(name, "{model_id}"), "/mlflow-artifacts/artifacts/{path}");

    private static IEnumerable<(string Field, string Kind)> Kinds(JsonNode? node, string at = "") =>
        node switch
        {
            JsonObject fields => fields.SelectMany(f => Kinds(f.Value, at.Length == 0 ? f.Key : $"{at}.{f.Key}")),
            JsonArray items => items.SelectMany(i => Kinds(i, at + "[]")),
            JsonValue value =>
            [
                (
                    at,
                    value.GetValueKind() switch
                    {
                        JsonValueKind.String => "string",
                        JsonValueKind.Number => "number",
                        _ => "bool",
                    }
                ),
            ],
            _ => [(at, "null")],
        };

    [GeneratedRegex("m-[0-9a-f]{32}")]
    private static partial Regex ModelId();

    [GeneratedRegex("/mlflow-artifacts/artifacts/.*")]
    private static partial Regex Artifact();
}
