using System.Collections.Concurrent;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Features;
using Dapr.Anomaly.Core.Models;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Registry;
using Dapr.Anomaly.Platform.State;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Anomaly.Workflows.Tests.Support;
using Dapr.Anomaly.Workflows.TrainModel;
using Dapr.Anomaly.Workflows.TrainModel.Activities;
using Dapr.Client;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using FeatureRows = Dapr.Anomaly.Workflows.TrainModel.FeatureRows;

namespace Dapr.Anomaly.Workflows.Tests.TrainModel.Activities;

/// <summary>The steps between collecting and serving, one after another on kept waves, behind a real state store.</summary>
public sealed class TrainingActivitiesTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private TestDapr _dapr = null!;
    private DaprClient _client = null!;
    private ArtifactStore _artifacts = null!;
    private TrainingSetCache _sets = null!;

    public async ValueTask InitializeAsync()
    {
        _dapr = await TestDapr.StartAsync(_folder.Path);
        _client = await _dapr.ClientAsync();
        _artifacts = new(_client);
        _sets = new(new TrainingSetLoader(_artifacts), TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        _sets.Dispose();
        _client.Dispose();
        await _dapr.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Steps_OnTwelveHoursAndTwoDays_MakeAModelThatLoads()
    {
        var plan = Trainings.Plan(hours: 12, coarseHours: 48);
        var data = await Trainings.KeepWavesAsync(_artifacts, plan);

        var features = await FeaturizeAsync(plan, data);
        var forest = await ForestAsync(plan, features);
        var lstm = await LstmAsync(plan, data);
        var seasonal = await SeasonalAsync(plan, data);
        var evaluated = (await EvaluateAsync(plan, data, features, forest, lstm, seasonal)).OrRefuse();

        Assert.Equal(FeatureSchema.Current.Hash, features.SchemaHash);
        Assert.All((TrainedMember[])[forest, lstm, seasonal], m => Assert.Equal((true, null), (m.Files.Count > 0, m.Note)));
        Assert.Contains(lstm.Figures, f => f.Name == "train/lstm_loss");
        Dictionary<string, byte[]> files = [];
        foreach (var file in (FileReference[])[.. forest.Files, .. lstm.Files, .. seasonal.Files, .. evaluated.Files])
            files[file.Path] = await _artifacts.LoadAsync(file.Artifact, CancellationToken.None);
        var bundle = ModelBundle.FromFiles(files);
        Assert.Equal(MemberName.All, bundle.Manifest.Members);
        Assert.Equal(4, bundle.Manifest.SeriesCount);
        using var scorer = EnsembleScorer.Load(bundle);
        Assert.Equal(4, scorer.Series.Count);
    }

    [Fact]
    public async Task Steps_OnHalfAnHour_GoWithoutMembersAndSayWhyThenAreRefused()
    {
        var plan = Trainings.Plan(hours: 0.5, coarseHours: 0.5);
        var data = await Trainings.KeepWavesAsync(_artifacts, plan);

        var features = await FeaturizeAsync(plan, data);
        var forest = await ForestAsync(plan, features);
        var lstm = await LstmAsync(plan, data);
        var seasonal = await SeasonalAsync(plan, data);

        Assert.Equal("the history is too short for rows to learn from", forest.Note);
        Assert.Equal("no series has history enough for a season, which takes about a day", seasonal.Note);
        Assert.NotNull(lstm.Note);
        Assert.All((TrainedMember[])[forest, lstm, seasonal], m => Assert.Empty(m.Files));
        Assert.StartsWith("no member could be trained: 0.5 hours", (await EvaluateAsync(plan, data, features, forest, lstm, seasonal)).Refusal);
    }

    [Fact]
    public async Task Forest_FeaturesOfAnotherBuild_IsRefused()
    {
        var outcome = await new TrainForestActivity(_artifacts, Trainings.Meter()).RunAsync(
            null!,
            new(Trainings.Plan(), new([], "0123456789abcdef", 1))
        );
        Assert.StartsWith("the features were extracted by another build (schema 01234567…", outcome.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Featurize_FramesThatAreGone_IsRefused()
    {
        var plan = Trainings.Plan();
        var data = await Trainings.KeepWavesAsync(_artifacts, plan);
        await _client.DeleteStateAsync(StateStores.Default, $"artifact/{plan.InstanceId}/fine/0");
        var outcome = await new FeaturizeActivity(_sets, _artifacts, Trainings.Meter()).RunAsync(null!, new(plan, data));
        Assert.Equal("artifact \"train-1/fine\": chunk 0 of 1 is missing in state store \"statestore\"; start the training again", outcome.Refusal);
    }

    [Fact]
    public async Task Deploy_VersionThatInferenceServes_MovesAliasesPublishesAndIsCompleted()
    {
        var registry = new LocalRegistry(_dapr.Data.Registry, TimeProvider.System);
        foreach (var key in (string[])["first", "second"])
            await RegisterAsync(registry, key);
        await registry.SetAliasAsync(ModelAliases.Model, ModelAliases.Champion, "1", CancellationToken.None);
        ConcurrentQueue<ModelDeployedV1> heard = [];
        await _dapr.AddAsync(Apps.Inference, args => Serving(args, Apps.Inference, heard));
        await _dapr.AddAsync(Apps.Forecaster, args => Serving(args, Apps.Forecaster, []));
        TrainingLog log = new(_client);

        var outcome = await new DeployActivity(registry, _client, log, Trainings.Meter(), TimeProvider.System).RunAsync(
            null!,
            new(Trainings.Plan(scheduler: "daily"), new(ModelAliases.Model, "2", "run", "sha", 1))
        );

        Assert.Equal(("2", ModelAliases.Champion), (outcome.OrRefuse().Version, outcome.Result!.Alias));
        Assert.Equal("2", (await registry.FindByAliasAsync(ModelAliases.Model, ModelAliases.Champion, CancellationToken.None))?.Version);
        Assert.Equal("1", (await registry.FindByAliasAsync(ModelAliases.Model, ModelAliases.Previous, CancellationToken.None))?.Version);
        Assert.Equal(("2", ModelAliases.Champion), (Assert.Single(heard).Version, heard.First().Alias));
        Assert.NotNull((await log.ReadAsync(CancellationToken.None)).Of("daily").Completed);
    }

    [Theory]
    [InlineData(Apps.Inference)]
    [InlineData(Apps.Forecaster)]
    public async Task Deploy_OfAVersionThatAServiceRefuses_EndsWithTheReasonAndLeavesTheChampion(string refusing)
    {
        using var folder = new TemporaryFolder();
        var registry = new LocalRegistry(folder.Path, TimeProvider.System);
        foreach (var key in (string[])["one", "two"])
            await RegisterAsync(registry, key);
        await registry.SetAliasAsync(ModelAliases.Model, ModelAliases.Champion, "1", CancellationToken.None);
        ConcurrentQueue<ModelDeployedV1> heard = [];
        foreach (var app in (string[])[Apps.Inference, Apps.Forecaster])
            await _dapr.AddAsync(app, args => Serving(args, app, heard, app == refusing ? "2" : null));

        var outcome = await new DeployActivity(registry, _client, new(_client), Trainings.Meter(), TimeProvider.System).RunAsync(
            null!,
            new(Trainings.Plan(), new(ModelAliases.Model, "2", "run", "sha", 1))
        );

        Assert.Equal($"{refusing} cannot serve v2, which is not promoted: lstm.onnx is missing", outcome.Refusal);
        Assert.Equal("1", (await registry.FindByAliasAsync(ModelAliases.Model, ModelAliases.Champion, CancellationToken.None))?.Version);
        Assert.Empty(heard);
    }

    [Fact]
    public async Task Artifacts_OfSeveralChunks_ComeBackAndAreCheckedAgainstTheirDigest()
    {
        var content = new byte[(1024 * 1024) + 7];
        content[^1] = 9;
        var saved = await _artifacts.SaveAsync("big", content, CancellationToken.None);
        Assert.Equal((2, content.Length), (saved.Chunks, saved.SizeBytes));
        Assert.Equal(content, await _artifacts.LoadAsync(saved, CancellationToken.None));
        await _client.SaveByteStateAsync(StateStores.Default, "artifact/big/1", new byte[7]);
        var e = await Assert.ThrowsAsync<ArtifactException>(() => _artifacts.LoadAsync(saved, CancellationToken.None));
        Assert.StartsWith("artifact \"big\": content does not match its SHA-256 ", e.Message, StringComparison.Ordinal);
    }

    private async Task<FeatureRows> FeaturizeAsync(TrainingPlan plan, CollectedData data) =>
        (await new FeaturizeActivity(_sets, _artifacts, Trainings.Meter()).RunAsync(null!, new(plan, data))).OrRefuse();

    private async Task<TrainedMember> ForestAsync(TrainingPlan plan, FeatureRows features) =>
        (await new TrainForestActivity(_artifacts, Trainings.Meter()).RunAsync(null!, new(plan, features))).OrRefuse();

    private async Task<TrainedMember> LstmAsync(TrainingPlan plan, CollectedData data) =>
        (
            await new TrainLstmActivity(_sets, _artifacts, Trainings.Meter(), NullLogger<TrainLstmActivity>.Instance).RunAsync(null!, new(plan, data))
        ).OrRefuse();

    private async Task<TrainedMember> SeasonalAsync(TrainingPlan plan, CollectedData data) =>
        (await new TrainSeasonalActivity(_sets, _artifacts, Trainings.Meter()).RunAsync(null!, new(plan, data))).OrRefuse();

    private Task<StepOutcome<EvaluatedModel>> EvaluateAsync(
        TrainingPlan plan,
        CollectedData data,
        FeatureRows features,
        params TrainedMember[] members
    ) => new EvaluateActivity(_sets, _artifacts, Trainings.Meter()).RunAsync(null!, new(plan, data, features, members));

    private static async Task RegisterAsync(LocalRegistry registry, string key)
    {
        Dictionary<string, string> none = [];
        var run = await registry.StartRunAsync(new("test", key, key, Trainings.Now, none, null), CancellationToken.None);
        Dictionary<string, byte[]> files = new() { ["manifest.json"] = "{}"u8.ToArray() };
        await registry.RegisterAsync(
            new(ModelAliases.Model, run, key, "", files, none, new Dictionary<string, double>(), "manifest.json"),
            CancellationToken.None
        );
    }

    /// <summary>Serves whatever was announced, as inference does once it has loaded it.</summary>
    private static WebApplication Serving(string[] args, string appId, ConcurrentQueue<ModelDeployedV1> heard, string? refused = null)
    {
        var app = AnomalyApp.CreateBuilder(appId, args).Build();
        app.UseAnomalyDefaults()
            .MapPost("/model-deployed", (ModelDeployedV1 deployed) => heard.Enqueue(deployed))
            .WithTopic(Topics.PubSub, Topics.ModelDeployed);
        app.MapGet("/v1/model", () => new { version = heard.LastOrDefault()?.Version ?? "1" });
        app.MapPost(
            "/v1/model/check",
            (CheckModelV1 check) => refused == check.Version ? Results.Problem("lstm.onnx is missing", statusCode: 422) : Results.NoContent()
        );
        return app;
    }
}
