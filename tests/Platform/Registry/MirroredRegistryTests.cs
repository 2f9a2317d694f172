using Dapr.Anomaly.Platform.Registry;
using Dapr.Anomaly.Platform.Registry.Mlflow;
using Dapr.Anomaly.Platform.Tests.Registry.Fake;
using static Dapr.Anomaly.Platform.Tests.Registry.MlflowFixture;

namespace Dapr.Anomaly.Platform.Tests.Registry;

public sealed class MirroredRegistryTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task TrainedOffline_ReplayedOnceAServerIsNamed()
    {
        using var offline = Machine.Fresh(null);
        await TrainAsync(offline.Registry, "w1", "v1");
        await TrainAsync(offline.Registry, "w2", "v2");
        var waiting = await offline.PendingAsync();
        Assert.Equal(15, waiting);

        await using var fake = await FakeMlflow.StartAsync();
        var online = new Machine(offline.Directory, fake.Uri);
        Assert.Equal(waiting, await online.PendingAsync());
        Assert.Equal(waiting, await online.ReplayAsync());
        Assert.Equal(0, await online.PendingAsync());
        Assert.Equal(0, await offline.PendingAsync());

        var registered = fake.Store.Registered.Single();
        Assert.Equal(["1", "2"], registered.Versions.Select(v => v.Number));
        Assert.Equal(("2", "1"), (registered.Aliases["champion"], registered.Aliases["previous"]));
        Assert.All(fake.Store.Runs, r => Assert.Equal("FINISHED", r.Status));
        Assert.Equal(At.ToUnixTimeMilliseconds(), fake.Store.Runs.First(r => r.Name == "w1").Start);
    }

    [Fact]
    public async Task Replay_TwiceFromTheBeginning_ChangesNothing()
    {
        await using var fake = await FakeMlflow.StartAsync();
        using var machine = Machine.Fresh(fake.Uri);
        await TrainAsync(machine.Registry, "w1", "v1");
        await TrainAsync(machine.Registry, "w2", "v2");
        await machine.ReplayAsync();
        var before = Picture(fake);

        foreach (var path in Directory.GetFiles(Path.Combine(machine.Directory, "outbox"), "delivered-*.json"))
            File.Delete(path);
        Assert.Equal(15, await machine.ReplayAsync());
        Assert.Equal(before, Picture(fake));
        Assert.Equal(0, await machine.ReplayAsync());
    }

    [Fact]
    public async Task ServerAway_TrainingGoesOn_AndIsToldLater()
    {
        string uri;
        await using (var fake = await FakeMlflow.StartAsync())
            uri = fake.Uri;
        using var machine = Machine.Fresh(uri);

        var version = await TrainAsync(machine.Registry, "w1");
        Assert.Equal(version.Version, (await machine.Registry.FindByAliasAsync(Model, "champion", None))!.Version);
        Assert.Equal("v1"u8.ToArray(), (await machine.Registry.DownloadAsync(version, None))["parts/notes.txt"]);
        var e = await Assert.ThrowsAsync<MlflowException>(machine.ReplayAsync);
        Assert.Equal(MlflowFailure.Unreachable, e.Failure);
        Assert.Equal(7, await machine.PendingAsync());

        await using var back = await FakeMlflow.StartAsync(port: new Uri(uri).Port);
        Assert.Equal(7, await machine.ReplayAsync());
        Assert.Equal("champion", back.Store.Registered.Single().Aliases.Single().Key);
    }

    [Fact]
    public async Task ServerDies_AtEveryCallOnce_NothingIsLostOrDoubled()
    {
        await using var whole = await FakeMlflow.StartAsync();
        using (var machine = Machine.Fresh(whole.Uri))
        {
            await TrainAsync(machine.Registry, "w1");
            await machine.ReplayAsync();
        }
        var calls = whole.Calls.Count;

        await using var fake = await FakeMlflow.StartAsync();
        using var trained = Machine.Fresh(fake.Uri);
        await TrainAsync(trained.Registry, "w1");
        fake.Calls.Clear();
        var (seen, next) = (0, 1);
        // Each call is once cut before it is carried out, and once after.
        fake.Cuts = _ => ++seen == next && next % 2 == 1;
        fake.LosesAnswer = _ => seen == next && next % 2 == 0;
        while (await trained.PendingAsync() > 0)
        {
            try
            {
                await trained.ReplayAsync();
            }
            catch (MlflowException)
            {
                (seen, next) = (0, next + 1);
                Assert.True(next < calls * 4);
            }
        }
        Assert.True(next > 10, $"{next} deaths");
        Assert.Equal(Picture(whole), Picture(fake));
    }

    [Fact]
    public async Task ServerRestarts_IdsStayValid()
    {
        var store = new FakeStore();
        using var machine = Machine.Fresh("http://127.0.0.1:1");
        var fake = await FakeMlflow.StartAsync(store: store);
        var port = fake.Port;
        var online = new Machine(machine.Directory, fake.Uri);
        await TrainAsync(online.Registry, "w1", "v1");
        await online.ReplayAsync();
        await fake.DisposeAsync();

        await TrainAsync(online.Registry, "w2", "v2");
        await using var again = await FakeMlflow.StartAsync(store: store, port: port);
        await online.ReplayAsync();
        Assert.Equal(("2", "1"), (store.Registered.Single().Aliases["champion"], store.Registered.Single().Aliases["previous"]));
    }

    [Fact]
    public async Task OtherMachine_LoadsTheChampionFromTheServer_AndKeepsIt()
    {
        string uri;
        using var empty = Machine.Fresh(null);
        await using (var fake = await FakeMlflow.StartAsync())
        {
            uri = fake.Uri;
            using var trainer = Machine.Fresh(uri);
            await TrainAsync(trainer.Registry, "w1");
            await trainer.ReplayAsync();

            var scorer = new Machine(empty.Directory, uri);
            var champion = await scorer.Registry.FindByAliasAsync(Model, "champion", None);
            Assert.Equal("v1"u8.ToArray(), (await scorer.Registry.DownloadAsync(champion!, None))["parts/notes.txt"]);
            Assert.Equal(0, await scorer.PendingAsync());
        }

        var alone = new Machine(empty.Directory, uri);
        var kept = await alone.Registry.FindByAliasAsync(Model, "champion", None);
        Assert.Equal("v1"u8.ToArray(), (await alone.Registry.DownloadAsync(kept!, None))["parts/notes.txt"]);
    }

    [Fact]
    public async Task OtherMachine_SeesTheAliasMove()
    {
        await using var fake = await FakeMlflow.StartAsync();
        using var trainer = Machine.Fresh(fake.Uri);
        using var scorer = Machine.Fresh(fake.Uri);
        await TrainAsync(trainer.Registry, "w1", "v1");
        await trainer.ReplayAsync();
        await scorer.Registry.DownloadAsync((await scorer.Registry.FindByAliasAsync(Model, "champion", None))!, None);

        var second = await TrainAsync(trainer.Registry, "w2", "v2");
        await trainer.ReplayAsync();
        Assert.Equal(second.Version, (await scorer.Registry.FindByAliasAsync(Model, "champion", None))!.Version);
    }

    [Fact]
    public async Task LostDirectory_NumbersGoOnWhereTheServerStands()
    {
        await using var fake = await FakeMlflow.StartAsync();
        using (var first = Machine.Fresh(fake.Uri))
        {
            await TrainAsync(first.Registry, "w1", "v1");
            await first.ReplayAsync();
        }
        using var second = Machine.Fresh(fake.Uri);
        var version = await TrainAsync(second.Registry, "w2", "v2");
        Assert.Equal("2", version.Version);
        await second.ReplayAsync();
        Assert.Equal(["2", "1"], (await second.Registry.ListVersionsAsync(Model, None)).Select(v => v.Version));
    }

    [Fact]
    public async Task RefusedOperation_IsPassedOver_TheRestArrives()
    {
        await using var fake = await FakeMlflow.StartAsync();
        using var machine = Machine.Fresh(fake.Uri);
        fake.Answers = c =>
            c.List("params").Any()
                ? FakeAnswer.Json(400, System.Text.Json.Nodes.JsonNode.Parse("""{"error_code":"INVALID_PARAMETER_VALUE","message":"no"}""")!)
                : null;
        var run = await machine.Registry.StartRunAsync(new("e", "n", "k", At, new Dictionary<string, string>(), null), None);
        await machine.Registry.LogParametersAsync(run, new Dictionary<string, string> { ["a"] = "b" }, None);
        await machine.Registry.EndRunAsync(run, RunStatus.Failed, None);
        await machine.ReplayAsync();
        Assert.Equal(0, await machine.PendingAsync());
        Assert.Equal("FAILED", fake.Store.Runs.Single().Status);
    }

    [Fact]
    public async Task WrongPassword_WaitsInsteadOfLosing()
    {
        await using var fake = await FakeMlflow.StartAsync(credentials: "ann:secret");
        using var machine = Machine.Fresh(fake.Uri);
        await TrainAsync(machine.Registry, "w1");
        await Assert.ThrowsAsync<MlflowException>(machine.ReplayAsync);
        Assert.Equal(7, await machine.PendingAsync());
    }

    [Fact]
    public async Task WrongServer_WaitsInsteadOfLosing()
    {
        await using var fake = await FakeMlflow.StartAsync();
        fake.Answers = _ => FakeAnswer.Html404();
        using var machine = Machine.Fresh(fake.Uri);
        await TrainAsync(machine.Registry, "w1");
        await Assert.ThrowsAsync<MlflowException>(machine.ReplayAsync);
        Assert.Equal(7, await machine.PendingAsync());
    }

    [Fact]
    public async Task NewServer_GetsTheWholeHistory()
    {
        await using var first = await FakeMlflow.StartAsync();
        using var machine = Machine.Fresh(first.Uri);
        await TrainAsync(machine.Registry, "w1", "v1");
        await machine.ReplayAsync();

        await using var second = await FakeMlflow.StartAsync();
        var moved = new Machine(machine.Directory, second.Uri);
        await TrainAsync(moved.Registry, "w2", "v2");
        await moved.ReplayAsync();
        Assert.Equal(["1", "2"], second.Store.Registered.Single().Versions.Select(v => v.Number));
    }

    [Fact]
    public async Task TwoProcesses_WritingAtOnce_LoseNothing()
    {
        using var one = Machine.Fresh(null);
        var two = new Machine(one.Directory, null);
        var run = await one.Registry.StartRunAsync(new("e", "n", "k", At, new Dictionary<string, string>(), null), None);
        await Task.WhenAll(
            Enumerable
                .Range(0, 40)
                .Select(i =>
                    Task.Run(() =>
                        (i % 2 == 0 ? one : two).Outbox.AppendAsync(
                            new LogParametersOperation(run, new Dictionary<string, string> { ["p"] = new('x', 5000 + i) }),
                            None
                        )
                    )
                )
        );

        Assert.Equal(41, await two.PendingAsync());
        Assert.DoesNotContain(null, await one.Outbox.ReadAsync(0, None));
    }

    [Fact]
    public async Task TornLine_IsPassedOver()
    {
        using var offline = Machine.Fresh(null);
        await TrainAsync(offline.Registry, "w1");
        await File.AppendAllTextAsync(Path.Combine(offline.Directory, "outbox", "operations.jsonl"), "{\"op\":\"set_al", None);
        await offline.Registry.SetAliasAsync(Model, "shadow", "1", None);

        await using var fake = await FakeMlflow.StartAsync();
        await new Machine(offline.Directory, fake.Uri).ReplayAsync();
        Assert.Equal(["champion", "shadow"], fake.Store.Registered.Single().Aliases.Keys.Order());
    }

    /// <summary>Everything on the server except its random ids.</summary>
    private static string Picture(FakeMlflow fake) =>
        string.Join(
            '\n',
            [
                .. fake.Store.Experiments.Select(e => $"experiment {e.Name}"),
                .. fake
                    .Store.Runs.OrderBy(r => r.Name, StringComparer.Ordinal)
                    .Select(r =>
                        $"run {r.Name} {r.Status} {string.Join(',', r.Params.OrderBy(p => p.Key))} "
                        + $"{string.Join(',', r.Metrics.OrderBy(m => m.Key).ThenBy(m => m.Timestamp))} {r.Inputs.Count} {r.Outputs.Count} "
                        + $"{string.Join(',', r.Tags.Keys.Order())}"
                    ),
                .. fake.Store.Models.Select(m => $"model {m.Name} {m.Status} {m.Metrics.Count} {string.Join(',', m.Tags.Keys.Order())}"),
                .. fake.Store.Registered.Select(m =>
                    $"registered {m.Name} {string.Join(',', m.Versions.Select(v => $"{v.Number}:{v.Tags["anomaly.sha256"]}"))} "
                    + $"{string.Join(',', m.Aliases.OrderBy(a => a.Key))}"
                ),
                $"files {fake.Store.Files.Count} {fake.Store.Files.Values.Sum(f => f.Length)}",
            ]
        );
}
