using System.Text.Json;
using Dapr.Anomaly.Workflows.TrainModel;

namespace Dapr.Anomaly.Cli.Demo;

/// <summary>Starts and follows TrainModel through the Dapr workflow HTTP API, as any program in any language would.</summary>
public sealed class TrainingClient(HttpClient http, Uri dapr, TimeProvider time)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);
    private static readonly JsonSerializerOptions Json = Create();

    /// <returns>The instance id.</returns>
    public async Task<string> StartAsync(TrainModelInput input, string instanceId, CancellationToken cancellationToken)
    {
        using var response = await http.PostAsJsonAsync(
            new Uri(dapr, $"/v1.0/workflows/dapr/{TrainModelWorkflow.Name}/start?instanceID={Uri.EscapeDataString(instanceId)}"),
            input,
            Json,
            cancellationToken
        );
        if (response.StatusCode == System.Net.HttpStatusCode.Unauthorized)
            throw WantsToken(dapr);
        if (!response.IsSuccessStatusCode)
            throw new UserException(
                $"training did not start: {dapr} answered {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancellationToken)}",
                ExitCodes.Failure
            );
        return (await response.Content.ReadFromJsonAsync<Started>(Json, cancellationToken))!.InstanceID;
    }

    /// <summary>What is told when the runtime refuses the token.</summary>
    public static UserException WantsToken(Uri runtime) =>
        new(
            $"the Dapr runtime at {runtime} wants its API token: name the folder of that system with --data, "
                + "or set DAPR_API_TOKEN (apiToken in the folder's session.json)",
            ExitCodes.Failure
        );

    /// <summary>
    /// As <see cref="StartAsync"/>, for a caller that tries again: the try before may have been stored although its answer did not arrive.
    /// </summary>
    public async Task<string> StartOnceAsync(TrainModelInput input, string instanceId, CancellationToken cancellationToken)
    {
        using var response = await http.GetAsync(InstanceOf(instanceId), cancellationToken);
        return response.IsSuccessStatusCode ? instanceId : await StartAsync(input, instanceId, cancellationToken);
    }

    public async Task<TrainingState> GetAsync(string instanceId, CancellationToken cancellationToken)
    {
        var answer = await http.GetFromJsonAsync<Answer>(InstanceOf(instanceId), Json, cancellationToken);
        var properties = answer!.Properties ?? [];
        var progress = properties.GetValueOrDefault("dapr.workflow.custom_status") is { Length: > 0 } status
            ? JsonSerializer.Deserialize<TrainingProgress>(status, Json)
            : null;
        var output =
            properties.GetValueOrDefault("dapr.workflow.output") is { Length: > 0 } text && answer.RuntimeStatus == "COMPLETED"
                ? JsonSerializer.Deserialize<TrainModelResult>(text, Json)
                : null;
        return new(
            answer.RuntimeStatus,
            progress ?? TrainingProgress.NotStarted,
            output,
            properties.GetValueOrDefault("dapr.workflow.failure.error_message")
        );
    }

    /// <summary>Returns when the instance has ended, however it ended. A runtime that is too busy to answer in time is asked again.</summary>
    public async Task<TrainingState> FollowAsync(string instanceId, Action<TrainingState> changed, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var state = await GetAsync(instanceId, cancellationToken);
                changed(state);
                if (state.HasEnded)
                    return state;
            }
            catch (OperationCanceledException e) when (e.InnerException is TimeoutException && !cancellationToken.IsCancellationRequested)
            {
                // HttpClient.Timeout.
            }
            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    private Uri InstanceOf(string instanceId) => new(dapr, $"/v1.0/workflows/dapr/{Uri.EscapeDataString(instanceId)}");

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        options.Converters.Add(new System.Text.Json.Serialization.JsonStringEnumConverter());
        return options;
    }

    private sealed record Started(string InstanceID);

    private sealed record Answer(string RuntimeStatus, Dictionary<string, string>? Properties);
}

/// <param name="RuntimeStatus">In Dapr's words: RUNNING, COMPLETED, FAILED, …</param>
/// <param name="Failure">Why it failed.</param>
public sealed record TrainingState(string RuntimeStatus, TrainingProgress Progress, TrainModelResult? Result, string? Failure)
{
    public bool HasEnded => RuntimeStatus is "COMPLETED" or "FAILED" or "TERMINATED" or "CANCELED";
}
