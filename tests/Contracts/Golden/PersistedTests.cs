using System.Text.Json;
using Dapr.Anomaly.Alerts;
using Dapr.Anomaly.Core.Incidents;
using Dapr.Anomaly.Core.Models;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Featurizer.Windows;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Workflows.TrainModel;

namespace Dapr.Anomaly.Contracts.Tests.Golden;

/// <summary>What outlives the process that wrote it, as JSON.</summary>
public class PersistedTests
{
    private static readonly IncidentTrackerSnapshot Tracker = new(
        [new(new BatchSource(1, 0), Examples.Time)],
        [
            new(
                "boutique/checkout",
                new(
                    Examples.Incident.Id,
                    "boutique/checkout",
                    Examples.Time.AddSeconds(-30),
                    Examples.Time,
                    Examples.Time,
                    [new(Examples.Cpu.Id, 2.25, Examples.Time.AddSeconds(-30))]
                ),
                [new(Examples.Time, [new(Examples.Cpu.Id, 2.25)])]
            ),
        ]
    );

    private static readonly AlertsStateV1 Alerts = new(
        1,
        Tracker,
        new Dictionary<SeriesId, AnomalyV1> { [Examples.Cpu.Id] = new(Examples.Cpu, Examples.Score) },
        [new("slack", Examples.Incident)],
        [Examples.Incident]
    );

    private static readonly AlertsIndex Index = new(
        AlertsIndex.CurrentVersion,
        Tracker.Newest,
        ["boutique/checkout"],
        [Examples.Incident.Id],
        new(new(new Dictionary<string, IReadOnlyList<DateTimeOffset>> { ["payments"] = [Examples.Time] }), [Examples.Incident.Id])
    );

    private static readonly WorkloadRecord Workload = new(WorkloadRecord.CurrentVersion, Tracker.Watches[0], [new(Examples.Cpu, Examples.Score)]);

    private static readonly IncidentRecord Incident = new(
        IncidentRecord.CurrentVersion,
        Examples.Incident,
        [
            new("slack", Examples.Incident),
            new("pagerduty", Examples.Incident, 2, Examples.Time.AddSeconds(4)),
            new("email", Examples.Incident, 1, Refused: "400: no such address"),
        ]
    );

    private static readonly SavedWindows Windows = new(1, new("windows/0/1", 2, 1_500_000, new string('a', 64)), 7, Examples.Time);

    private static readonly ModelManifest Manifest = new(
        1,
        "anomaly-detector",
        "7",
        new string('b', 64),
        Seed: 7,
        Examples.Time.AddHours(-12),
        Examples.Time,
        StepSeconds: 15,
        ["forest", "lstm", "seasonal"],
        [SignalKind.Cpu, SignalKind.Memory],
        SeriesCount: 320,
        Risk: 0.0001,
        new Dictionary<string, double> { ["vus_pr"] = 0.75 },
        [new("forest.onnx", 1024, new string('c', 64))]
    );

    private static readonly AlertsStateV1 Budgeted = Alerts with
    {
        Budget = new(new(new Dictionary<string, IReadOnlyList<DateTimeOffset>> { ["payments"] = [Examples.Time] }), [Examples.Incident.Id]),
    };

    private static readonly TrainingLogState Trainings = new(
        1,
        "train-daily-20260105-030000",
        Examples.Time.AddHours(-9),
        Examples.Time,
        new Dictionary<string, SchedulerLog> { ["daily"] = new("train-daily-20260105-030000", Examples.Time) }
    );

    /// <summary>A state that was saved before there were budgets is read, too.</summary>
    [Fact]
    public void AlertsState_Version1_IsTheGoldenFileBothWays()
    {
        AssertIs("alerts-state.v1.json", Alerts);
        AssertIs("alerts-state.v1-budget.json", Budgeted);
    }

    [Fact]
    public void AlertsRecords_AreTheGoldenFilesBothWays()
    {
        AssertIs("alerts-index.v2.json", Index);
        AssertIs("alerts-workload.v1.json", Workload);
        AssertIs("alerts-incident.v1.json", Incident);
    }

    [Fact]
    public void TrainingLog_Version1_IsTheGoldenFileBothWays() => AssertIs("training-log.v1.json", Trainings);

    [Fact]
    public void SavedWindows_Version1_IsTheGoldenFileBothWays() => AssertIs("saved-windows.v1.json", Windows);

    [Fact]
    public void ModelManifest_Format1_IsTheGoldenFileBothWays()
    {
        GoldenFile.AssertIsJson("model-manifest.v1.json", Manifest.ToJson());
        Assert.Equivalent(Manifest, ModelManifest.FromJson(GoldenFile.Read("model-manifest.v1.json")), strict: true);
    }

    /// <summary>A new version that has no golden file yet fails here.</summary>
    [Fact]
    public void CurrentVersions_OfWhatPersists_HaveAGoldenFile()
    {
        Assert.NotEmpty(GoldenFile.Read($"alerts-state.v{AlertsStateV1.CurrentVersion}.json"));
        Assert.NotEmpty(GoldenFile.Read($"alerts-index.v{AlertsIndex.CurrentVersion}.json"));
        Assert.NotEmpty(GoldenFile.Read($"alerts-workload.v{WorkloadRecord.CurrentVersion}.json"));
        Assert.NotEmpty(GoldenFile.Read($"alerts-incident.v{IncidentRecord.CurrentVersion}.json"));
        Assert.NotEmpty(GoldenFile.Read($"saved-windows.v{SavedWindows.CurrentVersion}.json"));
        Assert.NotEmpty(GoldenFile.Read($"training-log.v{TrainingLogState.CurrentVersion}.json"));
        Assert.NotEmpty(GoldenFile.Read($"model-manifest.v{ModelManifest.CurrentFormat}.json"));
    }

    private static void AssertIs<T>(string name, T expected)
    {
        GoldenFile.AssertIsJson(name, JsonSerializer.SerializeToUtf8Bytes(expected, MessageJson.Options));
        Assert.Equivalent(expected, JsonSerializer.Deserialize<T>(GoldenFile.Read(name), MessageJson.Options), strict: true);
    }
}
