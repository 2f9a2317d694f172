using System.Diagnostics;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Registry;
using Microsoft.AspNetCore.Http;

namespace Dapr.Anomaly.Chaos.Tests;

/// <summary>What is done to the system, by name. Each begins, lasts a few seconds, and is over when its task is.</summary>
internal sealed class Faults(SystemUnderChaos system, ChaosSource source, ChaosReceiver receiver, bool hasSmallDisk)
{
    private static readonly string[] HostileAnswers =
    [
        """{"status":5}""",
        "<html>log in</html>",
        """{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"pod":7},"values":[[1,"1"]]}]}}""",
        """{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"pod":"a"},"values":[[1e300,"1"]]}]}}""",
        """{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"namespace":"chaos"},"val""",
        new string('[', 10_000),
    ];

    private static readonly int[] Refusals = [400, 401, 403, 404, 422, 429, 500, 502, 503];

    private static readonly string[] Garbage = ["{\"garbage\":1}", "null", "[]", "{\"anomalies\":null}", "{\"timestamp\":\"9999-12-31T23:59:59Z\"}"];

    /// <summary>Name and action; the action gets a source of random numbers and how long to last.</summary>
    public IReadOnlyList<(string Name, Func<Random, TimeSpan, Task> Run)> All =>
        [
            ("kill -9 of the main process", async (_, _) => await RestartAsync(_ => { })),
            ("kill -9 of the trainer", KillTrainerAsync),
            ("main process paused", (_, lasts) => PauseAsync(system.MainId, lasts)),
            ("trainer paused", async (_, lasts) => await Task.WhenAll(system.ChildIds.Select(id => PauseAsync(id, lasts)))),
            ("Prometheus refuses", (random, lasts) => SourceAsync(lasts, StatusOf(Refusals[random.Next(Refusals.Length)]))),
            ("Prometheus answers hostile JSON", (random, lasts) => SourceAsync(lasts, BodyOf(HostileAnswers[random.Next(HostileAnswers.Length)]))),
            ("Prometheus hangs", (_, lasts) => SourceAsync(lasts, Hang)),
            ("Prometheus breaks connections", (_, lasts) => SourceAsync(lasts, Abort)),
            ("receivers answer 429", (_, lasts) => ReceiverAsync(lasts, TooMany)),
            ("receivers answer 500", (_, lasts) => ReceiverAsync(lasts, StatusOf(500))),
            ("receivers hang", (_, lasts) => ReceiverAsync(lasts, Hang)),
            ("garbage on the topics", GarbageAsync),
            ("checkpoint of the windows corrupt", (_, _) => RestartAsync(state => state.CorruptWindows())),
            ("model corrupt", async (_, _) => await CorruptModelAsync()),
            ("aliases of the registry corrupt", async (_, _) => await CorruptAliasesAsync()),
            .. hasSmallDisk ? ((string, Func<Random, TimeSpan, Task>)[])[("disk full", FillDiskAsync)] : [],
        ];

    private async Task RestartAsync(Action<StoredState> change)
    {
        await system.KillAsync();
        change(new(system.Data));
        system.Start();
    }

    private async Task KillTrainerAsync(Random random, TimeSpan lasts)
    {
        foreach (var id in system.ChildIds)
            SystemUnderChaos.Signal(id, "KILL");
        await Task.Delay(lasts);
    }

    private static async Task PauseAsync(int process, TimeSpan lasts)
    {
        SystemUnderChaos.Signal(process, "STOP");
        await Task.Delay(lasts);
        SystemUnderChaos.Signal(process, "CONT");
    }

    private async Task SourceAsync(TimeSpan lasts, Func<HttpContext, Task<bool>> trouble)
    {
        source.Make(trouble);
        await Task.Delay(lasts);
        source.Make(null);
    }

    private async Task ReceiverAsync(TimeSpan lasts, Func<HttpContext, Task<bool>> trouble)
    {
        receiver.Make(trouble);
        await Task.Delay(lasts);
        receiver.Make(null);
    }

    private async Task GarbageAsync(Random random, TimeSpan lasts)
    {
        foreach (var topic in (string[])[Topics.MetricBatches(0), Topics.Anomalies, Topics.ModelDeployed])
            for (var i = 0; i < 12; i++)
                await system.PostAsync($"v1.0/publish/{Topics.PubSub}/{topic}", Garbage[random.Next(Garbage.Length)]);
        await Task.Delay(lasts);
    }

    /// <summary>The champion's file loses a bit, the system starts with it, and the file is put right again.</summary>
    private async Task CorruptModelAsync()
    {
        var versions = Path.Combine(system.Data, "registry", "models", ModelAliases.Model, "versions");
        var newest = Directory.GetDirectories(versions).OrderByDescending(v => int.Parse(Path.GetFileName(v), null)).First();
        var file = Path.Combine(newest, "files", "seasonal.onnx");
        var content = await File.ReadAllBytesAsync(file);
        var damaged = (byte[])content.Clone();
        damaged[damaged.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(file, damaged);
        await RestartAsync(_ => { });
        await Task.Delay(TimeSpan.FromSeconds(4));
        await File.WriteAllBytesAsync(file, content);
    }

    private async Task CorruptAliasesAsync()
    {
        var file = Path.Combine(system.Data, "registry", "models", ModelAliases.Model, "aliases.json");
        var content = await File.ReadAllBytesAsync(file);
        await File.WriteAllTextAsync(file, "{\"champion\":");
        await RestartAsync(_ => { });
        await Task.Delay(TimeSpan.FromSeconds(4));
        await File.WriteAllBytesAsync(file, content);
    }

    private async Task FillDiskAsync(Random random, TimeSpan lasts)
    {
        var filler = Path.Combine(system.Data, "filler");
        using (var fill = Process.Start(new ProcessStartInfo("dd", ["if=/dev/zero", $"of={filler}", "bs=64k"]) { RedirectStandardError = true })!)
            await fill.WaitForExitAsync();
        await Task.Delay(lasts);
        File.Delete(filler);
    }

    private static Func<HttpContext, Task<bool>> StatusOf(int status) =>
        context =>
        {
            context.Response.StatusCode = status;
            return Task.FromResult(true);
        };

    private static Func<HttpContext, Task<bool>> BodyOf(string body) =>
        async context =>
        {
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(body, context.RequestAborted);
            return true;
        };

    private static Task<bool> TooMany(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        context.Response.Headers.RetryAfter = "2";
        return Task.FromResult(true);
    }

    private static async Task<bool> Hang(HttpContext context)
    {
        await Task.Delay(TimeSpan.FromSeconds(20), context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        context.Abort();
        return true;
    }

    private static Task<bool> Abort(HttpContext context)
    {
        context.Abort();
        return Task.FromResult(true);
    }
}
