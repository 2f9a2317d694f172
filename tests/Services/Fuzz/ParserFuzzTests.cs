using System.Text;
using System.Text.Json;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Features;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Windows;
using Dapr.Anomaly.Featurizer.Windows;
using Dapr.Anomaly.Inference.Samples;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Services.Tests.Fuzz;

/// <summary>
/// Mutated bytes for every parser of what comes over a topic, a route or the state store: each is read, or refused by the one exception that says so.
/// eng/test-fuzz.sh runs the same with more; a finding names its parser and its number, which with the seed makes the same input again.
/// </summary>
public sealed class ParserFuzzTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);

    private static readonly SeriesIdentity Cpu = new("cpu", SignalKind.Cpu, "cores", new([new("namespace", "shop"), new("workload", "cart")]));

    private static readonly MetricBatch Batch = new(
        0,
        0,
        new SampleTable(
            At,
            TimeSpan.FromSeconds(15),
            2,
            [new(Cpu, new(DetectionDirection.AboveExpected, 0.1, 0.2)), new(Cpu with { Name = "memory" }, DetectionRule.Any)],
            [1, 2, double.NaN, 4e9]
        )
    );

    private static readonly ScoreRow[] Rows =
    [
        new(Cpu.Id, Cpu.Kind, At, 3.5, new float[FeatureSchema.Current.Count], 0, new float[ScoreRow.RecentSteps]),
    ];

    private static readonly Dictionary<string, (byte[][] Seeds, Action<byte[]> Parse)> Parsers = new()
    {
        ["batch, binary"] = ([Batch.ToBytes()], b => MetricBatch.FromBytes(b)),
        ["batch, JSON"] = ([Batch.ToJson()], b => MetricBatch.FromJson(b)),
        ["sample table"] = ([SampleTableWire.ToBytes(Batch.Samples)], b => SampleTableWire.FromBytes(b)),
        ["rows"] = ([RowsWire.ToBytes(Rows)], b => RowsWire.FromBytes(b)),
        ["row scores"] = (
            [
                RowScoresWire.ToBytes(
                    "7",
                    [new(Cpu.Id, At, 3.5, 2.25, 0.5, 0.25, 1, SeriesState.Ok, null, [new("forest", 1, 1, 1, SeriesState.Ok)], [new("robust_z", 1)])]
                ),
            ],
            b => RowScoresWire.FromBytes(b, Rows)
        ),
        ["anomaly batch"] = ([Json(Anomalies())], b => JsonMessage.Read<AnomalyBatchV1>(b).ByTime().Sum(c => c.Anomalies.Sum(Touch))),
        ["model deployed"] = ([Json(new ModelDeployedV1("anomaly-detector", "7", "champion", At))], b => JsonMessage.Read<ModelDeployedV1>(b)),
        ["saved windows"] = ([Json(new SavedWindows(1, new("windows/0/1", 1, 10, new string('a', 64)), 1, At))], b => SavedWindows.Read(b)),
        ["score body"] = (
            [
                Encoding.UTF8.GetBytes(
                    """
                    {"series":{"name":"cpu","labels":{"a":"b"},"kind":"cpu","unit":"cores"},
                    "points":[[1767614400,0.5],["2026-01-05T12:00:15Z",null],[1767614430,3]],"stepSeconds":15,"all":true}
                    """
                ),
            ],
            b => ScoreBody.Read(b)
        ),
        ["checkpoint"] = (
            [Checkpoint()],
            b =>
            {
                try
                {
                    WindowCheckpoint.Read(b, new Shard(0, SeriesLimits.Default), At);
                }
                catch (InvalidDataException e)
                {
                    throw new MessageException(e.Message, e);
                }
            }
        ),
    };

    public static TheoryData<string> Names => [.. Parsers.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Parser_OfAnyBytes_ReadsThemOrSaysWhy(string name)
    {
        var (seeds, parse) = Parsers[name];
        List<string> wrong = [];
        for (var number = 0; number < Mutations.Inputs && wrong.Count < 5; number++)
        {
            var random = Mutations.RandomOf(number);
            var input = Mutations.Of(random, seeds[random.Next(seeds.Length)]);
            try
            {
                parse(input);
            }
            catch (MessageException e)
            {
                Assert.NotEmpty(e.Message);
            }
            catch (Exception e)
            {
                wrong.Add($"{name}, seed {Mutations.Seed}, input {number}: {e.GetType().Name}: {e.Message}");
            }
        }
        Assert.Empty(wrong);
    }

    /// <summary>Reads what a handler would read.</summary>
    private static double Touch(AnomalyV1 anomaly) => anomaly.Score.AnomalyScore + anomaly.Series.Workload.Length + anomaly.Score.Votes.Count;

    private static AnomalyBatchV1 Anomalies()
    {
        ScoreV1 score = new(At, 1, 3, Decision.Anomalous, 1, 0, 2, SeriesState.Ok, null, [new("forest", 3)], [new("robust_z", 1)]);
        return new(0, 0, At, "7", [new(Cpu, score)], [new(At.AddSeconds(-15), [new(Cpu, score)])]);
    }

    private static byte[] Json<T>(T message) => JsonSerializer.SerializeToUtf8Bytes(message, MessageJson.Options);

    private static byte[] Checkpoint()
    {
        var shard = new Shard(0, SeriesLimits.Default);
        var window = shard.Add(Cpu, new SeriesWindow(), At).Window;
        for (var i = 0; i < 100; i++)
            window.Append(new(At.AddSeconds(15 * i), i % 7));
        return WindowCheckpoint.Of(shard).Write();
    }
}
