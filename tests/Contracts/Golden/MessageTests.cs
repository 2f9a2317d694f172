using System.Text.Json;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Contracts.Tests.Golden;

/// <summary>Messages that travel as JSON.</summary>
public class MessageTests
{
    private static readonly Dictionary<string, object> Files = new()
    {
        ["anomaly-batch.v1.json"] = Examples.Anomalies,
        ["anomaly-batch.v1-earlier.json"] = Examples.AnomaliesOfTwoTimes,
        ["incident.v1.json"] = Examples.Incident,
        ["model-deployed.v1.json"] = Examples.Deployed,
        ["dead-letter.v1.json"] = Examples.DeadLetter,
    };

    public static TheoryData<string> Names => [.. Files.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Message_Version1_IsTheGoldenFileBothWays(string name)
    {
        var type = Files[name].GetType();
        GoldenFile.AssertIsJson(name, JsonSerializer.SerializeToUtf8Bytes(Files[name], type, MessageJson.Options));
        Assert.Equivalent(Files[name], JsonSerializer.Deserialize(GoldenFile.Read(name), type, MessageJson.Options), strict: true);
    }
}
