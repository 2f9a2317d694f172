using System.Globalization;
using Dapr.Anomaly.Cli.Demo;
using Dapr.Anomaly.Cli.Up;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Cli.Bench.Pipeline;

/// <summary>The system as <c>anomaly up</c> starts it, on the synthetic source and in a folder of its own.</summary>
internal sealed class BenchSystem : IAsyncDisposable
{
    private const string File = "anomaly.yaml";

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    private readonly AnomalySystem _system;
    private readonly HttpClient _http;

    private BenchSystem(AnomalySystem system, HttpClient http) => (_system, _http) = (system, http);

    public int TrainerProcessId => _system.TrainerProcessId;

    public TrainingClient Training => new(_http, Runtime, TimeProvider.System);

    private Uri Runtime => _system.Sidecar(Apps.Trainer).HttpEndpoint;

    /// <summary>Returns when the windows are filled with the past of all series that the source shows.</summary>
    public static async Task<BenchSystem> StartAsync(string folder, Uri source, TimeSpan step, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        await System.IO.File.WriteAllTextAsync(Path.Combine(folder, File), Configuration(source, step), cancellationToken);
        var system = await AnomalySystem.StartAsync(
            new(
                Path.Combine(folder, File),
                null,
                Path.Combine(folder, "data"),
                Path.Combine(AppContext.BaseDirectory, "components", "local"),
                0,
                0,
                new Dictionary<string, IReadOnlyDictionary<string, string>>(),
                new Dictionary<string, string>()
            ),
            cancellationToken
        );
        // Generous: on a machine that trains, an answer may take its time.
        var started = new BenchSystem(system, RuntimeClient.Create(system.ApiToken, TimeSpan.FromMinutes(2)));
        system.PartChanged += change => System.Console.Error.WriteLine($"{change.Part}: {change.Text}");
        await started.WaitForAsync(summary => summary.Ready, cancellationToken);
        return started;
    }

    /// <summary>Returns when the featurizer says what is wanted.</summary>
    public async Task WaitForAsync(Func<SummaryV1, bool> isSo, CancellationToken cancellationToken)
    {
        var calls = new PatientCalls(_ => { }, TimeProvider.System);
        while (
            !isSo(
                await calls.AskAsync(
                    Apps.Featurizer,
                    "v1/summary",
                    async token => (await _http.GetFromJsonAsync<SummaryV1>(Method(Apps.Featurizer, "v1/summary"), MessageJson.Options, token))!,
                    cancellationToken
                )
            )
        )
            await Task.Delay(Poll, cancellationToken);
    }

    /// <summary>Trains through the workflow API; returns when the model is deployed.</summary>
    public async Task<TrainingState> TrainAsync(string instanceId, string window, CancellationToken cancellationToken)
    {
        await Training.StartAsync(new(window), instanceId, cancellationToken);
        var ended = await Training.FollowAsync(instanceId, _ => { }, cancellationToken);
        return ended.RuntimeStatus == "COMPLETED"
            ? ended
            : throw new UserException($"training {instanceId} ended {ended.RuntimeStatus}: {ended.Failure}", ExitCodes.Failure);
    }

    /// <summary>The metrics of all services.</summary>
    public async Task<MetricText> ScrapeAsync(CancellationToken cancellationToken)
    {
        List<string> texts = [];
        foreach (var app in Apps.All.Where(a => a != Apps.Trainer))
            texts.Add(await _http.GetStringAsync(Method(app, "metrics"), cancellationToken));
        return MetricText.Parse(texts);
    }

    public async ValueTask DisposeAsync()
    {
        await _system.DisposeAsync();
        _http.Dispose();
    }

    private Uri Method(string appId, string path) => new(Runtime, $"/v1.0/invoke/{appId}/method/{path}");

    private static string Configuration(Uri source, TimeSpan step)
    {
        var queries = BenchSource.Queries.Select(q => $"    {q.Name}:\n      expr: {q.Name}\n      kind: {q.Kind}\n");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"preset: none\nreader:\n  url: {source}\n  step: {step.TotalSeconds}s\n  queries:\n{string.Concat(queries)}"
        );
    }
}
