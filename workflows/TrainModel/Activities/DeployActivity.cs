using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Registry;
using Dapr.Client;
using Dapr.Workflow;

namespace Dapr.Anomaly.Workflows.TrainModel.Activities;

/// <summary>
/// Asks who will serve the version whether they can, moves the champion alias, publishes <c>model-deployed</c>, waits until inference serves the
/// version ("deployed" means that it scores), and records that the training is completed.
/// </summary>
public sealed class DeployActivity(IModelRegistry registry, DaprClient dapr, TrainingLog log, StepMeter meter, TimeProvider time)
    : WorkflowActivity<DeployInput, StepOutcome<DeployedModel>>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    private readonly HttpClient _inference = dapr.CreateInvokableHttpClient(Apps.Inference);
    private readonly HttpClient _forecaster = dapr.CreateInvokableHttpClient(Apps.Forecaster);

    public override Task<StepOutcome<DeployedModel>> RunAsync(WorkflowActivityContext context, DeployInput input) =>
        meter.RunAsync(
            "deploy",
            async seconds =>
            {
                var (model, cancellationToken) = (input.Model, CancellationToken.None);
                await CheckAsync(_inference, Apps.Inference, model.Version, cancellationToken);
                await CheckIfThereAsync(_forecaster, Apps.Forecaster, model.Version, cancellationToken);
                var champion = await registry.FindByAliasAsync(model.Model, ModelAliases.Champion, cancellationToken);
                if (champion is not null && champion.Version != model.Version)
                    await registry.SetAliasAsync(model.Model, ModelAliases.Previous, champion.Version, cancellationToken);
                await registry.SetAliasAsync(model.Model, ModelAliases.Champion, model.Version, cancellationToken);
                await dapr.PublishEventAsync(
                    Topics.PubSub,
                    Topics.ModelDeployed,
                    new ModelDeployedV1(model.Model, model.Version, ModelAliases.Champion, time.GetUtcNow()),
                    cancellationToken
                );
                await WaitUntilServedAsync(model.Version, seconds, cancellationToken);
                await log.CompletedAsync(input.Plan, time.GetUtcNow(), cancellationToken);
                return new DeployedModel(model.Version, ModelAliases.Champion, seconds());
            }
        );

    /// <summary>Scoring must not wait for a forecaster that is away; it loads the version when it is back.</summary>
    private static async Task CheckIfThereAsync(HttpClient service, string name, string version, CancellationToken cancellationToken)
    {
        try
        {
            await CheckAsync(service, name, version, cancellationToken);
        }
        catch (HttpRequestException)
        {
            // Away.
        }
    }

    /// <exception cref="TrainingException">The service cannot serve the version; the champion stays as it is.</exception>
    private static async Task CheckAsync(HttpClient service, string name, string version, CancellationToken cancellationToken)
    {
        using var answer = await service.PostAsJsonAsync("v1/model/check", new CheckModelV1(version), MessageJson.Options, cancellationToken);
        if (answer.StatusCode != HttpStatusCode.UnprocessableEntity)
        {
            answer.EnsureSuccessStatusCode();
            return;
        }
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        throw new TrainingException($"{name} cannot serve v{version}, which is not promoted: {problem.GetProperty("detail").GetString()}");
    }

    private async Task WaitUntilServedAsync(string version, Func<double> seconds, CancellationToken cancellationToken)
    {
        while (true)
        {
            var served = await _inference.GetFromJsonAsync<JsonElement>("v1/model", cancellationToken);
            if (served.TryGetProperty("version", out var serving) && serving.GetString() == version)
                return;
            if (seconds() > Patience.TotalSeconds)
                throw new HttpRequestException(
                    $"model v{version} is {ModelAliases.Champion}, "
                        + $"but inference does not serve it after {Patience.TotalSeconds:0} s; its log says why"
                );
            await Task.Delay(Poll, time, cancellationToken);
        }
    }
}
