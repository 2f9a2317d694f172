using System.Text;
using System.Text.Json;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Platform.Tests.Messages;

/// <summary>Messages that are JSON but not what they should be: each is refused with its place.</summary>
public class StrictReadingTests
{
    private static readonly SeriesIdentity Series = new("cpu", SignalKind.Cpu, "cores", new([new("workload", "cart")]));

    private static readonly ScoreV1 Score = new(
        new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero),
        1,
        3,
        Decision.Anomalous,
        null,
        null,
        null,
        SeriesState.Ok,
        null,
        [new("forest", 3)],
        []
    );

    public static TheoryData<Type> Messages => [typeof(AnomalyBatchV1), typeof(IncidentV1), typeof(ModelDeployedV1), typeof(DeadLetterV1)];

    [Theory]
    [MemberData(nameof(Messages))]
    public void Read_Garbage_IsRefused(Type message)
    {
        var read = typeof(StrictReadingTests).GetMethod(nameof(Refused))!.MakeGenericMethod(message);
        foreach (var content in new[] { "{\"garbage\":1}", "{}", "null", "[]", "3", "\"\"", "", "{" })
            read.Invoke(null, [content]);
    }

    [Theory]
    [InlineData("cpu", "7", "kind")]
    [InlineData("ok", "3", "state")]
    [InlineData("anomalous", "2", "decision")]
    public void Read_TheNumberOfAnEnumeration_IsRefused(string name, string number, string property) =>
        Assert.Contains(property, Refused<AnomalyBatchV1>(Text().Replace($"\"{property}\":\"{name}\"", $"\"{property}\":{number}")));

    [Theory]
    [InlineData("cpus", "cpu", "kind")]
    [InlineData("fine", "ok", "state")]
    public void Read_AnUnknownName_IsRefused(string unknown, string name, string property) =>
        Assert.Contains(property, Refused<AnomalyBatchV1>(Text().Replace($"\"{property}\":\"{name}\"", $"\"{property}\":\"{unknown}\"")));

    [Fact]
    public void Read_AnIdThatIsNotThatOfTheLabels_IsRefused() =>
        Assert.Contains("is not that of", Refused<AnomalyBatchV1>(Text().Replace(Series.Id.ToString(), "0000000000000001")));

    [Theory]
    [InlineData("\"anomalies\":[", "\"anomalies\":[null,")]
    [InlineData("\"votes\":[", "\"votes\":[null,")]
    [InlineData("\"workload\":\"cart\"", "\"workload\":null")]
    [InlineData("\"workload\":\"cart\"", "\"\":\"cart\"")]
    [InlineData("\"modelVersion\":\"7\"", "\"modelVersion\":null")]
    [InlineData("\"name\":\"cpu\"", "\"name\":\"\"")]
    [InlineData("\"timestamp\":\"2026-01-05T12:00:00+00:00\",\"value\"", "\"value\"")]
    public void Read_NothingWhereSomethingHasToBe_IsRefused(string there, string instead)
    {
        Assert.Contains(there, Text());
        Refused<AnomalyBatchV1>(Text().Replace(there, instead));
    }

    public static string Refused<T>(string content)
        where T : class
    {
        var refusal = Assert.Throws<MessageException>(() => JsonMessage.Read<T>(Encoding.UTF8.GetBytes(content))).Message;
        Assert.StartsWith(typeof(T).Name, refusal);
        return refusal;
    }

    private static string Text() =>
        Encoding
            .UTF8.GetString(
                JsonSerializer.SerializeToUtf8Bytes(new AnomalyBatchV1(0, 0, Score.Timestamp, "7", [new(Series, Score)]), MessageJson.Options)
            )
            .Replace("\\u002B", "+");
}
