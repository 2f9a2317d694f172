using System.Globalization;
using System.Net;
using Dapr.Anomaly.Cli.Demo;
using Dapr.Anomaly.Cli.Processes;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Notifications;
using Dapr.Anomaly.Workflows.TrainModel;

namespace Dapr.Anomaly.Cli.Up;

/// <summary>
/// Looks at the running system from outside, through Dapr service invocation and the workflow API, and says on the screen what has become true.
/// No look that fails ends anything: it is told and repeated.
/// </summary>
/// <param name="runtime">Dapr HTTP endpoint through which the services are called.</param>
/// <param name="apiToken">Token of that endpoint; null when it wants none.</param>
public sealed class SystemWatch(Uri runtime, string? apiToken, Screen screen, TimeProvider time)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(300);

    /// <summary>For as long as the system runs, so it has to be cheap: each look is a call through two sidecars.</summary>
    private static readonly TimeSpan IncidentPoll = TimeSpan.FromSeconds(1);

    // One client for the life of the process; every call goes to a sidecar on this machine, and PatientCalls limits its time.
    private readonly HttpClient _http = RuntimeClient.Create(apiToken, Timeout.InfiniteTimeSpan);
    private readonly PatientCalls _calls = new(change => Show(screen, change), time);

    private TrainingClient Training => new(_http, runtime, time);

    /// <summary>Says what runs, and from now on what goes down and comes up again.</summary>
    public async Task IntroduceAsync(AnomalySystem system, Uri source, Uri? simulator, CancellationToken cancellationToken)
    {
        system.PartChanged += change =>
        {
            // Ctrl-C reaches children, too: that they end then is no news.
            if (!cancellationToken.IsCancellationRequested)
                Show(screen, change);
        };
        new Session(runtime, system.Sidecar(Apps.Trainer).GrpcEndpoint, system.ConsolePage, simulator, Environment.ProcessId, system.ApiToken).Write(
            system.Data
        );
        screen.Fact(
            "dapr",
            $"{system.AppCount} apps, {system.ComponentCount} components".PadRight(42) + $" runtime {runtime.ToString().TrimEnd('/')}"
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

    /// <summary>Says where console, metrics, models and logs are.</summary>
    public void SayWhere(AnomalySystem system) =>
        screen.Plain(
            $"Console {system.ConsolePage} · metrics {new Uri(system.Console, "federate")} · models {system.Data.Registry}"
                + $" · logs {SystemLog.FolderIn(system.Data.Path)}"
        );

    public async Task<bool> HasModelAsync(CancellationToken cancellationToken) =>
        (await GetAsync<ModelV1>(Apps.Inference, "v1/model", cancellationToken)).Version is not null;

    /// <summary>The training that an earlier process left unfinished, or null.</summary>
    public Task<string?> FindUnfinishedTrainingAsync(CancellationToken cancellationToken) =>
        _calls.AskAsync(
            Apps.Trainer,
            "v1/training",
            async token =>
            {
                using var response = await SendAsync(Apps.Trainer, "v1/training", token);
                return
                    response.StatusCode == HttpStatusCode.OK
                    && await response.Content.ReadFromJsonAsync<TrainingV1>(MessageJson.Options, token)
                        is { Status: "Running" or "Pending" or "Suspended" } training
                    ? training.InstanceId
                    : null;
            },
            cancellationToken
        );

    /// <summary>Trains through the Dapr workflow API and returns when the model is deployed.</summary>
    public async Task<TrainModelResult> TrainAsync(TrainModelInput input, CancellationToken cancellationToken)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"train-{time.GetUtcNow():yyyyMMdd-HHmmss}");
        await _calls.AskAsync("training", "start of TrainModel", token => Training.StartOnceAsync(input, id, token), cancellationToken);
        return await FollowTrainingAsync(id, cancellationToken);
    }

    /// <exception cref="UserException">The training has ended without a model.</exception>
    public async Task<TrainModelResult> FollowTrainingAsync(string id, CancellationToken cancellationToken)
    {
        if (!screen.IsTerminal)
            screen.Fact("training", $"workflow {id}");
        TrainingState state;
        while (true)
        {
            state = await _calls.AskAsync("training", $"workflow {id}", token => Training.GetAsync(id, token), cancellationToken);
            screen.Progress("training", state.Progress.Percent, TrainingText.Now(state.Progress));
            if (state.HasEnded)
                break;
            await Task.Delay(Poll, time, cancellationToken);
        }
        if (state.RuntimeStatus != "COMPLETED" || state.Result is null)
            throw new UserException($"training {id} ended {state.RuntimeStatus}: {state.Failure ?? "no reason was given"}", ExitCodes.Failure);
        screen.Fact("training", $"workflow {id} · {state.Result.SeriesCount} series · v{state.Result.Version}");
        screen.Plain($"             {TrainingText.Steps(state.Progress)}");
        return state.Result;
    }

    /// <summary>Returns when the newest samples have been scored by a model.</summary>
    public async Task<SummaryV1> WaitUntilScoredAsync(CancellationToken cancellationToken)
    {
        var told = false;
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
            if (!told)
                screen.Waiting("scoring", summary.Ready ? "waits for the next samples" : "waits until the windows are filled with the past");
            told = true;
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
                await Task.Delay(IncidentPoll, time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    /// <summary>Prints what of the services does not work, and works again, until cancelled.</summary>
    public async Task FollowHealthAsync(CancellationToken cancellationToken)
    {
        try
        {
            await new HealthWatch(GetAnyAsync, change => Show(screen, change), time).FollowAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
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

    private static void Show(Screen screen, PartChange change)
    {
        if (change.IsUp)
            screen.Fact(change.Part, change.Text);
        else
            screen.Failing(change.Part, change.Text);
    }

    private Task<T> GetAsync<T>(string appId, string path, CancellationToken cancellationToken) =>
        _calls.AskAsync(
            appId,
            path,
            async token =>
            {
                using var response = await SendAsync(appId, path, token);
                return (await response.Content.ReadFromJsonAsync<T>(MessageJson.Options, token))!;
            },
            cancellationToken
        );

    private Task<HttpResponseMessage> GetAnyAsync(string appId, string path, CancellationToken cancellationToken) =>
        _http.GetAsync(new Uri(runtime, $"/v1.0/invoke/{appId}/method/{path}"), cancellationToken);

    /// <summary>Calls a service by Dapr service invocation through the runtime's port.</summary>
    /// <exception cref="HttpRequestException">It does not answer, or not with success.</exception>
    private async Task<HttpResponseMessage> SendAsync(string appId, string path, CancellationToken cancellationToken)
    {
        var response = await GetAnyAsync(appId, path, cancellationToken);
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw new HttpRequestException(
                $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancellationToken)}".TrimEnd(),
                null,
                response.StatusCode
            );
    }
}
