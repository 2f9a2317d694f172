using System.Text;
using System.Text.Json.Nodes;
using Dapr.Anomaly.Platform.Registry;
using Dapr.Anomaly.Platform.Registry.Mlflow;
using Dapr.Anomaly.Platform.Tests.Registry.Fake;
using static Dapr.Anomaly.Platform.Tests.Registry.MlflowFixture;

namespace Dapr.Anomaly.Platform.Tests.Registry;

public sealed class MlflowRegistryTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Train_FillsThePagesOfTheUi()
    {
        await using var fake = await FakeMlflow.StartAsync();
        await TrainAsync(Connect(fake), "w1");

        var run = fake.Store.Runs.Single(r => r.Name == "w1");
        Assert.Equal("FINISHED", run.Status);
        Assert.NotNull(run.End);
        Assert.Equal("prometheus", run.Inputs.Single()["dataset"]!["name"]!.GetValue<string>());
        Assert.Equal("training", run.Inputs.Single()["tags"]![0]!["value"]!.GetValue<string>());
        Assert.Equal("Finds **90 %** of planted faults.", run.Tags["mlflow.note.content"]);
        Assert.Equal(
            ("JOB", "dapr-anomaly/train-model", "schedule"),
            (run.Tags["mlflow.source.type"], run.Tags["mlflow.source.name"], run.Tags["anomaly.trigger"])
        );
        Assert.Contains("mlflow.user", run.Tags.Keys);
        Assert.Equal([1L, 2L], run.Metrics.Where(m => m.Key == "train/lstm_loss").Select(m => m.Step));
        Assert.Equal(0.123457, run.Metrics.Single(m => m.Key == "eval/lstm/pinball").Value);

        var model = fake.Store.Models.Single();
        Assert.Equal(("LOGGED_MODEL_READY", run.Id, "onnx"), (model.Status, model.SourceRun, model.Type));
        Assert.Equal(("7", "forest,lstm"), (model.Params["seed"], model.Params["members"]));
        Assert.Equal(model.Id, run.Outputs.Single()["model_id"]!.GetValue<string>());
        Assert.Equal(
            ("eval/detection_rate", "prometheus", run.Inputs.Single()["dataset"]!["digest"]!.GetValue<string>()),
            (model.Metrics.Single().Point.Key, model.Metrics.Single().DataSet, model.Metrics.Single().Digest)
        );

        var registered = fake.Store.Registered.Single();
        var version = registered.Versions.Single();
        Assert.Equal((model.Uri, run.Id, model.Id), (version.Source, version.Run, version.Tags["anomaly.model_id"]));
        Assert.Equal("champion", registered.Aliases.Single().Key);
    }

    [Fact]
    public async Task Train_MembersBecomeNestedRuns()
    {
        await using var fake = await FakeMlflow.StartAsync();
        await TrainAsync(Connect(fake), "w1");

        var parent = fake.Store.Runs.Single(r => r.Name == "w1");
        var child = fake.Store.Runs.Single(r => r.Tags.GetValueOrDefault("mlflow.parentRunId") == parent.Id);
        Assert.Equal(("lstm", "FINISHED"), (child.Name, child.Status));
        Assert.Equal(["eval/pinball", "train/loss"], child.Metrics.Select(m => m.Key).Distinct().Order());
    }

    [Fact]
    public async Task Train_FilesArriveWithMlmodelLast()
    {
        await using var fake = await FakeMlflow.StartAsync();
        await TrainAsync(Connect(fake), "w1");

        var model = fake.Store.Models.Single();
        var puts = fake
            .Calls.Where(c => c.Method == "PUT" && c.Target.Contains("/models/"))
            .Select(c => c.Target[(c.Target.LastIndexOf("artifacts/", StringComparison.Ordinal) + "artifacts/".Length)..])
            .ToArray();
        Assert.Equal(
            ["MLmodel", "conda.yaml", "files.sha256.json", "lstm.onnx", "parts/notes.txt", "python_env.yaml", "requirements.txt"],
            puts.Order(StringComparer.Ordinal)
        );
        Assert.Equal("MLmodel", puts[^1]);
        var mlmodel = Encoding.UTF8.GetString(fake.Store.Files[model.Uri["mlflow-artifacts:/".Length..] + "/MLmodel"]);
        Assert.Contains($"model_id: {model.Id}\n", mlmodel);
        Assert.Contains("""inputs: '[{"name":"x","type":"tensor","tensor-spec":{"dtype":"float32","shape":[-1,4]}}]'""", mlmodel);
        Assert.Contains("    data: lstm.onnx\n", mlmodel);
        Assert.Contains("  schema_hash: 'abc'\n", mlmodel);
    }

    [Fact]
    public async Task Train_CallsComeInTheOrderThatCanBeRepeated()
    {
        await using var fake = await FakeMlflow.StartAsync();
        await TrainAsync(Connect(fake), "w1");

        string[] order =
        [
            "POST /mlflow/experiments/create",
            "POST /mlflow/runs/create",
            "POST /mlflow/runs/log-inputs",
            "POST /mlflow/runs/log-batch",
            "POST /mlflow/logged-models",
            "POST /mlflow/runs/outputs",
            "POST /mlflow/registered-models/create",
            "POST /mlflow/model-versions/create",
            "POST /mlflow/registered-models/alias",
            "POST /mlflow/runs/update",
        ];
        var names = fake.Calls.Select(c => c.Name).ToList();
        Assert.Equal(order, order.OrderBy(o => names.IndexOf(o)));
        Assert.All(order, o => Assert.Contains(o, names));
    }

    [Fact]
    public async Task Train_NothingIsSentChunked()
    {
        await using var fake = await FakeMlflow.StartAsync();
        await TrainAsync(Connect(fake), "w1");
        Assert.DoesNotContain(fake.Calls, c => c.Chunked);
    }

    [Fact]
    public async Task Train_Twice_LeavesOneOfEach()
    {
        await using var fake = await FakeMlflow.StartAsync();
        var first = await TrainAsync(Connect(fake), "w1");
        var again = await TrainAsync(Connect(fake), "w1");

        Assert.Equal(first.Version, again.Version);
        Assert.Equal(2, fake.Store.Runs.Count); // the run and its member
        Assert.Single(fake.Store.Models);
        Assert.Single(fake.Store.Registered.Single().Versions);
        Assert.Equal(2, fake.Store.Runs.Single(r => r.Name == "w1").Metrics.Count(m => m.Key == "train/lstm_loss"));
    }

    [Fact]
    public async Task Train_OldServer_KeepsTheModelUnderTheRun()
    {
        await using var fake = await FakeMlflow.StartAsync("2.22.5");
        var registry = Connect(fake);
        var version = await TrainAsync(registry, "w1");

        var run = fake.Store.Runs.Single(r => r.Name == "w1");
        Assert.Equal(run.Uri + "/model", fake.Store.Registered.Single().Versions.Single().Source);
        Assert.Equal("model", JsonNode.Parse(run.Tags["mlflow.log-model.history"])![0]!["artifact_path"]!.GetValue<string>());
        Assert.Equal("v1"u8.ToArray(), (await registry.DownloadAsync(version, None))["parts/notes.txt"]);
    }

    [Fact]
    public async Task SecondTraining_OldChampionBecomesPrevious()
    {
        await using var fake = await FakeMlflow.StartAsync();
        var registry = Connect(fake);
        await TrainAsync(registry, "w1", "v1");
        await TrainAsync(registry, "w2", "v2");

        Assert.Equal("2", (await registry.FindByAliasAsync(Model, "champion", None))!.Version);
        Assert.Equal("1", (await registry.FindByAliasAsync(Model, "previous", None))!.Version);
        Assert.Null(await registry.FindByAliasAsync(Model, "challenger", None));
        Assert.Equal(["2", "1"], (await registry.ListVersionsAsync(Model, None)).Select(v => v.Version));
    }

    [Fact]
    public async Task Download_ChecksEveryFile()
    {
        await using var fake = await FakeMlflow.StartAsync();
        var registry = Connect(fake);
        var version = await TrainAsync(registry, "w1");
        Assert.Equal(["lstm.onnx", "parts/notes.txt"], (await registry.DownloadAsync(version, None)).Keys.Order());

        fake.Store.Files[fake.Store.Files.Keys.Single(k => k.EndsWith("notes.txt", StringComparison.Ordinal))] = "evil"u8.ToArray();
        var e = await Assert.ThrowsAsync<RegistryException>(() => registry.DownloadAsync(version, None));
        Assert.Contains("parts/notes.txt does not match its SHA-256", e.Message);
    }

    [Fact]
    public async Task FindByAlias_NothingThere_IsNull()
    {
        await using var fake = await FakeMlflow.StartAsync();
        Assert.Null(await Connect(fake).FindByAliasAsync("never-made", "champion", None));
        await TrainAsync(Connect(fake), "w1");
        Assert.Null(await Connect(fake).FindByAliasAsync(Model, "shadow", None));
    }

    [Fact]
    public async Task DeletedExperiment_IsRestored()
    {
        await using var fake = await FakeMlflow.StartAsync();
        await TrainAsync(Connect(fake), "w1");
        fake.Store.Experiments.Single(e => e.Name == "anomaly-detector-training").Stage = "deleted";

        await TrainAsync(Connect(fake), "w2", "v2");
        Assert.Equal(2, fake.Store.Registered.Single().Versions.Count);
    }

    [Fact]
    public async Task Metrics_MoreThanABatch_AreCutIntoThousands()
    {
        await using var fake = await FakeMlflow.StartAsync();
        var registry = Connect(fake);
        var run = await registry.StartRunAsync(new("e", "n", "k", At, new Dictionary<string, string>(), null), None);

        await registry.LogMetricsAsync(run, [.. Enumerable.Range(0, 2500).Select(i => new RunMetric("train/loss", i, At, i))], None);
        await registry.LogParametersAsync(run, Enumerable.Range(0, 250).ToDictionary(i => $"p{i}", _ => "x"), None);

        Assert.Equal([1000, 1000, 500], fake.Calls.Select(c => c.List("metrics").Count()).Where(n => n > 0));
        Assert.Equal(
            [100, 100, 50],
            fake.Calls.Where(c => c.Name.EndsWith("log-batch", StringComparison.Ordinal)).Select(c => c.List("params").Count()).Where(n => n > 0)
        );
        Assert.Equal(2500, fake.Store.Runs.Single().Metrics.Count);
    }

    [Fact]
    public async Task Metrics_NotANumberAndForeignKeys_Arrive()
    {
        await using var fake = await FakeMlflow.StartAsync();
        var registry = Connect(fake);
        var run = await registry.StartRunAsync(new("e", "n", "k", At, new Dictionary<string, string>(), null), None);
        await registry.LogMetricsAsync(run, [new("eval/näch%ste//rate", double.NaN, At)], None);
        Assert.Equal(("eval/n_ch_ste/rate", true), fake.Store.Runs.Single().Metrics.Select(m => (m.Key, double.IsNaN(m.Value))).Single());
    }

    [Fact]
    public async Task RegisterAnswerLost_RepeatedCall_MakesNoSecondVersion()
    {
        await using var fake = await FakeMlflow.StartAsync();
        var lost = 0;
        fake.LosesAnswer = c =>
            c.Name is "POST /mlflow/runs/create" or "POST /mlflow/logged-models" or "POST /mlflow/model-versions/create"
            && Interlocked.Increment(ref lost) is 1 or 4 or 6;
        var registry = Connect(fake);
        var failures = 0;
        while (true)
        {
            try
            {
                await TrainAsync(registry, "w1");
                break;
            }
            catch (MlflowException e)
            {
                Assert.Equal(MlflowFailure.Unreachable, e.Failure);
                Assert.True(++failures < 10, e.Message);
            }
        }
        Assert.True(failures > 0);
        Assert.Single(fake.Store.Runs, r => r.Name == "w1");
        Assert.Single(fake.Store.Models);
        Assert.Single(fake.Store.Registered.Single().Versions);
    }

    [Fact]
    public async Task Overloaded_RepeatableCall_IsRepeatedAfterThePauseTheServerAsksFor()
    {
        await using var fake = await FakeMlflow.StartAsync();
        var refusals = 0;
        fake.Answers = c =>
            c.Name.StartsWith("GET /mlflow/registered-models/alias", StringComparison.Ordinal) && Interlocked.Increment(ref refusals) <= 2
                ? new(
                    429,
                    "application/json",
                    """{"error_code":"REQUEST_LIMIT_EXCEEDED","message":"slow down"}"""u8.ToArray(),
                    [("Retry-After", "0")]
                )
                : null;
        Assert.Null(await Connect(fake.Uri, ("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")).FindByAliasAsync(Model, "champion", None));
        Assert.Equal(3, refusals);
    }

    [Fact]
    public async Task BasicAuthentication_EveryCallCarriesIt()
    {
        await using var fake = await FakeMlflow.StartAsync(credentials: "ann:secret");
        var version = await TrainAsync(
            Connect(fake.Uri, ("MLFLOW_TRACKING_USERNAME", "ann"), ("MLFLOW_TRACKING_PASSWORD", "secret"), ("MLFLOW_TRACKING_TOKEN", "unused")),
            "w1"
        );
        Assert.Equal("1", version.Version);
    }

    [Fact]
    public async Task TokenAndWorkspace_EveryCallCarriesThem_AndNoOrigin()
    {
        await using var fake = await FakeMlflow.StartAsync();
        await TrainAsync(Connect(fake.Uri, ("MLFLOW_TRACKING_TOKEN", "abc"), ("MLFLOW_WORKSPACE", "team")), "w1");
        Assert.All(
            fake.Calls,
            c =>
                Assert.Equal(
                    ("Bearer abc", "team", false),
                    (c.Headers["Authorization"], c.Headers["X-MLFLOW-WORKSPACE"], c.Headers.ContainsKey("Origin"))
                )
        );
    }

    [Fact]
    public async Task StaticPrefix_EverythingIsBelowIt()
    {
        await using var fake = await FakeMlflow.StartAsync();
        fake.Prefix = "/mlops";
        var registry = Connect(fake.Uri + "/mlops/");
        Assert.Equal("v1"u8.ToArray(), (await registry.DownloadAsync(await TrainAsync(registry, "w1"), None))["parts/notes.txt"]);
        Assert.DoesNotContain(fake.Calls, c => c.Target == "/outside");
    }

    [Fact]
    public async Task ArtifactsOutsideTheProxy_AreReportedAndNotWritten()
    {
        await using var fake = await FakeMlflow.StartAsync();
        fake.Answers = c =>
            c.Name == "GET /mlflow/runs/get"
                ? FakeAnswer.Json(
                    200,
                    JsonNode.Parse(
                        """{"run":{"info":{"run_id":"r","experiment_id":"1","status":"RUNNING","artifact_uri":"s3://bucket/r","start_time":1}}}"""
                    )!
                )
                : null;
        var registry = Connect(fake);
        var run = await registry.StartRunAsync(new("e", "n", "k", At, new Dictionary<string, string>(), null), None);
        var e = await Assert.ThrowsAsync<MlflowException>(() => registry.LogArtifactAsync(run, "a.json", "{}"u8.ToArray(), None));
        Assert.Equal(MlflowFailure.Setup, e.Failure);
        Assert.Contains("does not proxy artifacts: it wants them at s3://bucket/r; start it with --serve-artifacts", e.Message);
    }

    [Fact]
    public async Task Unauthorized_TellsWhatToSet()
    {
        await using var fake = await FakeMlflow.StartAsync(credentials: "ann:secret");
        var e = await Assert.ThrowsAsync<MlflowException>(() => TrainAsync(Connect(fake), "w1"));
        Assert.Equal(MlflowFailure.Setup, e.Failure);
        Assert.Equal(
            $"MLflow at {fake.Uri}/ answered GET /mlflow/experiments/get-by-name with 401 text: You are not authenticated.; "
                + "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD",
            e.Message
        );
        Assert.DoesNotContain("secret", e.Message);
    }

    [Fact]
    public async Task HostCheck_TellsTheServersSetting()
    {
        await using var fake = await FakeMlflow.StartAsync();
        fake.Answers = _ => FakeAnswer.Text(403, "Invalid Host header - possible DNS rebinding attack detected");
        var e = await Assert.ThrowsAsync<MlflowException>(() => Connect(fake).ListVersionsAsync(Model, None));
        Assert.Equal(MlflowFailure.Setup, e.Failure);
        Assert.EndsWith($"start the server with MLFLOW_SERVER_ALLOWED_HOSTS=127.0.0.1:{fake.Port}", e.Message);
    }

    [Theory]
    [InlineData(403, "text/plain", "Permission denied", MlflowFailure.Setup, "grant it permission")]
    [InlineData(503, "text/plain", "run the server with --serve-artifacts", MlflowFailure.Setup, "start the server with --serve-artifacts")]
    [InlineData(
        500,
        "application/json",
        """{"error_code":"FEATURE_DISABLED","message":"no workspaces"}""",
        MlflowFailure.Setup,
        "remove MLFLOW_WORKSPACE"
    )]
    [InlineData(503, "application/json", """{"error_code":"TEMPORARILY_UNAVAILABLE","message":"later"}""", MlflowFailure.Unreachable, "later")]
    [InlineData(
        400,
        "application/json",
        """{"error_code":"BAD_REQUEST","message":"UNIQUE constraint"}""",
        MlflowFailure.Refused,
        "UNIQUE constraint"
    )]
    [InlineData(404, "text/html", "<h1>Not Found</h1>", MlflowFailure.UnknownRoute, "is MLFLOW_TRACKING_URI an MLflow server")]
    [InlineData(302, "text/html", "moved to the login", MlflowFailure.Setup, "302")]
    [InlineData(413, "text/html", "Request Entity Too Large", MlflowFailure.Setup, "Too Large")]
    [InlineData(200, "text/html", "<html>please log in</html>", MlflowFailure.Setup, "please log in")]
    public async Task ErrorAnswers_AreToldApart(int status, string type, string body, MlflowFailure failure, string told)
    {
        await using var fake = await FakeMlflow.StartAsync();
        fake.Answers = _ => new(status, type, Encoding.UTF8.GetBytes(body));
        var e = await Assert.ThrowsAsync<MlflowException>(() => Connect(fake).ListVersionsAsync(Model, None));
        Assert.Equal(failure, e.Failure);
        Assert.Contains(told, e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public async Task NobodyListens_NamesTheServer()
    {
        string uri;
        await using (var fake = await FakeMlflow.StartAsync())
            uri = fake.Uri;
        var e = await Assert.ThrowsAsync<MlflowException>(() => Connect(uri).ListVersionsAsync(Model, None));
        Assert.Equal(MlflowFailure.Unreachable, e.Failure);
        Assert.StartsWith($"MLflow at {uri}/ does not answer GET /mlflow/model-versions/search", e.Message);
    }

    [Fact]
    public async Task ArtifactStored_ButEmpty_IsNoticed()
    {
        await using var fake = await FakeMlflow.StartAsync();
        fake.Answers = c => c.Method == "PUT" ? new(200, null, []) : null;
        var registry = Connect(fake);
        var run = await registry.StartRunAsync(new("e", "n", "k", At, new Dictionary<string, string>(), null), None);
        var e = await Assert.ThrowsAsync<MlflowException>(() => registry.LogArtifactAsync(run, "report/a.json", "{}"u8.ToArray(), None));
        Assert.Contains("stored no bytes of report/a.json", e.Message);
    }

    [Theory]
    [InlineData("sqlite:///mlflow.db")]
    [InlineData("mlflow:5000")]
    public void TrackingUri_NoWebAddress_SaysWhatWouldBeRight(string uri)
    {
        var e = Assert.Throws<ArgumentException>(() => Settings(uri));
        Assert.Equal(
            $"MLFLOW_TRACKING_URI is \"{uri}\"; it must be the http or https URL of an MLflow server, for example http://mlflow:5000",
            e.Message
        );
    }
}
