using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Features;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Contracts.Tests.Golden;

/// <summary>What the golden files hold.</summary>
internal static class Examples
{
    public static readonly DateTimeOffset Time = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);

    public static readonly SeriesIdentity Cpu = Series("container_cpu", SignalKind.Cpu, "cores");
    public static readonly SeriesIdentity Memory = Series("container_memory", SignalKind.Memory, "bytes");

    /// <summary>Two series, three columns, one sample missing, one rule; values that float32 holds exactly.</summary>
    public static readonly SampleTable Table = new(
        Time,
        TimeSpan.FromSeconds(15),
        3,
        [new(Cpu, new DetectionRule(DetectionDirection.AboveExpected, 0.25, 0.1)), new(Memory, DetectionRule.Any)],
        [0.5, 0.75, double.NaN, 1_048_576, 1_048_580, 1_048_560]
    );

    public static readonly ScoreV1 Score = new(
        Time,
        Value: 3.5,
        AnomalyScore: 2.25,
        Decision.Anomalous,
        Expected: 0.5,
        Lower: 0.25,
        Upper: 1,
        SeriesState.Ok,
        Reason: null,
        [new("forest", 1.5), new("lstm", 2.25)],
        [new("robust_z", 0.75), new("ewma_fast", 0.25)]
    );

    /// <summary>What nothing is known of: no expectation, no votes.</summary>
    public static readonly ScoreV1 Unscored = new(
        Time,
        Value: 1_048_576,
        AnomalyScore: 0,
        Decision.None,
        Expected: null,
        Lower: null,
        Upper: null,
        SeriesState.WarmingUp,
        Reason: "12 of 60 samples",
        [],
        []
    );

    public static readonly AnomalyBatchV1 Anomalies = new(1, 0, Time, "7", [new(Cpu, Score), new(Memory, Unscored)]);

    /// <summary>A collection of two steps, after an outage.</summary>
    public static readonly AnomalyBatchV1 AnomaliesOfTwoTimes = Anomalies with
    {
        Timestamp = Time.AddSeconds(15),
        Anomalies = [],
        Earlier = [new(Time, Anomalies.Anomalies)],
    };

    public static readonly IncidentV1 Incident = new(
        "boutique/checkout@20260105T120000Z",
        IncidentPhase.Resolved,
        "boutique/checkout",
        "boutique/checkout · container_cpu 3.5 cores, expected 0.25 to 1",
        Time.AddSeconds(-30),
        Time,
        Time.AddMinutes(10),
        2.25,
        [new(Cpu, 3.5, 0.5, 0.25, 1, 2.25, Score.Votes, Score.Why, SeriesState.Ok)],
        [new("container_cpu", 1)]
    );

    public static readonly ModelDeployedV1 Deployed = new("anomaly-detector", "7", "champion", Time);

    public static readonly DeadLetterV1 DeadLetter = new(
        "alerts",
        "anomalies",
        "AnomalyBatchV1: $.shard: not a number",
        Time,
        "application/json",
        "{\"shard\":\"x\"}"u8.ToArray()
    );

    /// <summary>One row with recent values and one without.</summary>
    public static readonly IReadOnlyList<ScoreRow> Rows =
    [
        new(Cpu.Id, Cpu.Kind, Time, 3.5, Ramp(FeatureSchema.Current.Count), 0, Ramp(ScoreRow.RecentSteps)),
        new(Memory.Id, Memory.Kind, Time, 1_048_576, Ramp(FeatureSchema.Current.Count), 0.25f, default),
    ];

    public static readonly IReadOnlyList<SeriesScore> RowScores =
    [
        new(
            Cpu.Id,
            Time,
            3.5,
            2.25,
            0.5,
            0.25,
            1,
            SeriesState.Ok,
            Reason: null,
            [Vote("forest", 1.5), Vote("lstm", 2.25), new("seasonal", double.NaN, double.NaN, 0, SeriesState.StaleModel)],
            [new("robust_z", 0.75)]
        ),
        new(Memory.Id, Time, 1_048_576, 0, double.NaN, double.NaN, double.NaN, SeriesState.Sparse, "too few samples", [], []),
    ];

    private static SeriesIdentity Series(string name, SignalKind kind, string unit) =>
        new(name, kind, unit, new([new("namespace", "boutique"), new("workload", "checkout")]));

    private static MemberVote Vote(string member, double score) => new(member, double.NaN, double.NaN, score, SeriesState.Ok);

    private static float[] Ramp(int count) => [.. Enumerable.Range(0, count).Select(i => i * 0.25f)];
}
