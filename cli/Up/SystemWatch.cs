using System.Globalization;
using System.Net;
using Dapr.Anomaly.Cli.Demo;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Notifications;
using Dapr.Anomaly.Trainer;
using Dapr.Anomaly.Workflows.TrainModel;

namespace Dapr.Anomaly.Cli.Up;

/// <summary>Looks at the running system from outside, through Dapr service invocation and the workflow API, and says on the screen what has become true.</summary>
public sealed class SystemWatch(AnomalySystem system, Screen screen, TimeProvider time)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(300);

    // One client for the life of the process; every call goes to a sidecar on this machine.
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };

    public Uri Runtime { get; } = system.Sidecar(Apps.Trainer).HttpEndpoint;

    public Uri Console { get; } = system.Address(Apps.Console);

    private TrainingClient Training => new(_http, Runtime, time);

    public async Task IntroduceAsync(Uri source, Uri? simulator, CancellationToken cancellationToken)
    {
        await new Session(Runtime, Console, simulator, Environment.ProcessId).WriteAsync(system.Data, cancellationToken);
        screen.Fact(
            "dapr",
            $"{system.AppCount} apps, {system.ComponentCount} components".PadRight(42) + $" runtime {Runtime.ToString().TrimEnd('/')}"
        );
        var queries = await GetAsync<CollectedQueriesV1>(Apps.Collector, "v1/queries", cancellationToken);
        screen.Fact(
            "collector",
            $"{queries.Queries.Count} queries, every {queries.StepSeconds:0.#} s".PadRight(42)
                + $" source {source.ToString().TrimEnd('/')}{(simulator is null ? "" : " (simulator)")}"
        );
        foreach (var note in queries.Notes)
            screen.Plain($"             {note}");
    }

    public async Task<bool> HasModelAsync(CancellationToken cancellationToken) =>
        (await GetAsync<ModelV1>(Apps.Inference, "v1/model", cancellationToken)).Version is not null;

    /// <summary>The training that an earlier process left unfinished, or null.</summary>
    public async Task<string?> FindUnfinishedTrainingAsync(CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync(new Uri(Runtime, $"/v1.0/invoke/{Apps.Trainer}/method/v1/training"), cancellationToken);
        return
            response.StatusCode == HttpStatusCode.OK
            && await response.Content.ReadFromJsonAsync<TrainingV1>(MessageJson.Options, cancellationToken)
                is { Status: "Running" or "Pending" or "Suspended" } training
            ? training.InstanceId
            : null;
    }

    /// <summary>Trains through the Dapr workflow API and returns when the model is deployed.</summary>
    public async Task<TrainModelResult> TrainAsync(TrainModelInput input, CancellationToken cancellationToken) =>
        await FollowTrainingAsync(
            await Training.StartAsync(
                input,
                string.Create(CultureInfo.InvariantCulture, $"train-{time.GetUtcNow():yyyyMMdd-HHmmss}"),
                cancellationToken
            ),
            cancellationToken
        );

    public async Task<TrainModelResult> FollowTrainingAsync(string id, CancellationToken cancellationToken)
    {
        if (!screen.IsTerminal)
            screen.Fact("training", $"workflow {id}");
        var state = await Training.FollowAsync(
            id,
            s => screen.Progress("training", s.Progress.Percent, TrainingText.Now(s.Progress)),
            cancellationToken
        );
        if (state.RuntimeStatus != "COMPLETED" || state.Result is null)
            throw new UserException($"training {id} ended {state.RuntimeStatus}: {state.Failure ?? "no reason was given"}", ExitCodes.Failure);
        screen.Fact("training", $"workflow {id} · {state.Result.SeriesCount} series · v{state.Result.Version}");
        screen.Plain($"             {TrainingText.Steps(state.Progress)}");
        return state.Result;
    }

    /// <summary>Returns when the newest samples have been scored by a model.</summary>
    public async Task<SummaryV1> WaitUntilScoredAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var summary = await GetAsync<SummaryV1>(Apps.Featurizer, "v1/summary", cancellationToken);
            if (summary.Scored > 0)
            {
                screen.Fact(
                    "scoring",
                    $"{summary.Scored}/{summary.Series} series".PadRight(42)
                        + string.Create(CultureInfo.InvariantCulture, $" p99 {summary.SampleToScoreP99Ms:0} ms from sample to score")
                );
                return summary;
            }
            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    public Task<IncidentListV1> IncidentsAsync(CancellationToken cancellationToken) =>
        GetAsync<IncidentListV1>(Apps.Alerts, "v1/incidents", cancellationToken);

    /// <summary>Prints incidents as they open and resolve, until cancelled.</summary>
    public async Task FollowIncidentsAsync(CancellationToken cancellationToken)
    {
        HashSet<(string, IncidentPhase)> told = [];
        try
        {
            while (true)
            {
                foreach (var incident in (await IncidentsAsync(cancellationToken)).Incidents.Reverse())
                    if (told.Add((incident.Id, incident.Phase == IncidentPhase.Resolved ? IncidentPhase.Resolved : IncidentPhase.Opened)))
                        Tell(incident);
                await Task.Delay(Poll, time, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Asked to stop.
        }
    }

    public void Tell(IncidentV1 incident)
    {
        var resolved = incident.Phase == IncidentPhase.Resolved;
        var at = (incident.ResolvedAt ?? incident.OpenedAt).ToLocalTime();
        screen.Plain($"{at:HH:mm:ss}  {(resolved ? "RESOLVED" : "INCIDENT")}  {incident.Title}");
        if (resolved || incident.Signals.Count == 0)
            return;
        screen.Plain($"          why    {SignalText.Shares(incident.Why)}");
        screen.Plain($"          votes  {SignalText.Votes(incident.Signals[0].Votes)}");
    }

    /// <summary>Calls a service by Dapr service invocation through the runtime's port.</summary>
    private async Task<T> GetAsync<T>(string appId, string path, CancellationToken cancellationToken)
    {
        var url = new Uri(Runtime, $"/v1.0/invoke/{appId}/method/{path}");
        using var response = await _http.GetAsync(url, cancellationToken);
        if (response.IsSuccessStatusCode)
            return (await response.Content.ReadFromJsonAsync<T>(MessageJson.Options, cancellationToken))!;
        throw new UserException(
            $"{appId} does not answer {path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancellationToken)}",
            ExitCodes.Failure
        );
    }
}
