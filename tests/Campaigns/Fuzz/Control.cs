using System.Net;
using System.Net.Http.Json;
using Dapr.Workflow;
using Grpc.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Dapr.Anomaly.Campaigns.Tests.Fuzz;

/// <summary>
/// A client that behaves: its state is not touched, its messages arrive and its workflows end, whatever others send meanwhile. It uses names
/// that nobody else does.
/// </summary>
internal sealed class Control : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly FuzzedRuntime runtime;
    private readonly EchoApp app;
    private readonly HttpClient http;
    private readonly IHost worker;
    private int round;

    private Control(FuzzedRuntime runtime, EchoApp app)
    {
        (this.runtime, this.app) = (runtime, app);
        http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{runtime.HttpPort}") };
        if (runtime.Token is { } token)
            http.DefaultRequestHeaders.Add("dapr-api-token", token);
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection([
            new("DAPR_GRPC_ENDPOINT", $"http://127.0.0.1:{runtime.GrpcPort}"),
            new("DAPR_API_TOKEN", runtime.Token),
        ]);
        builder.Services.AddDaprWorkflow(workflows =>
        {
            workflows.RegisterWorkflow<int, int>("Control", async (context, input) => await context.CallActivityAsync<int>("Double", input) + 1);
            workflows.RegisterActivity<int, int>("Double", (_, input) => Task.FromResult(2 * input));
        });
        worker = builder.Build();
    }

    /// <summary>Waits until the runtime is well, writes the state and begins to take work.</summary>
    public static async Task<Control> StartAsync(FuzzedRuntime runtime, EchoApp app, CancellationToken cancellationToken)
    {
        var control = new Control(runtime, app);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        while (!await control.IsWellAsync(limit.Token))
            await Task.Delay(50, limit.Token);
        foreach (var store in Words.Stores)
        {
            using var saved = await control.http.PostAsJsonAsync(
                $"/v1.0/state/{store}",
                new[] { new { key = "kept-for-the-end", value = "untouched" } },
                limit.Token
            );
            saved.EnsureSuccessStatusCode();
        }
        await control.worker.StartAsync(limit.Token);
        return control;
    }

    /// <summary>Does everything once.</summary>
    /// <exception cref="OracleException">Something is not as it was, or does not work any more.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        round++;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            foreach (var store in Words.Stores)
                Expect(
                    await http.GetStringAsync($"/v1.0/state/{store}/kept-for-the-end", limit.Token) == "\"untouched\"",
                    $"the state in {store} has changed"
                );
            using var metadata = await http.GetAsync("/v1.0/metadata", limit.Token);
            Expect(metadata.StatusCode == HttpStatusCode.OK, $"metadata gives {metadata.StatusCode}");
            if (runtime.AppId == FuzzTests.HttpAppId)
                await MessagesAsync(limit.Token);
            var client = worker.Services.GetRequiredService<DaprWorkflowClient>();
            var id = $"kept-for-the-end-{round}";
            await client.ScheduleNewWorkflowAsync("Control", id, round, null, limit.Token);
            var state = await client.WaitForWorkflowCompletionAsync(id, cancellation: limit.Token);
            Expect(
                state.RuntimeStatus == WorkflowRuntimeStatus.Completed && state.ReadOutputAs<int>() == (2 * round) + 1,
                $"the workflow {id} is {state.RuntimeStatus}"
            );
        }
        catch (Exception error)
            when (error is OperationCanceledException or HttpRequestException or RpcException && !cancellationToken.IsCancellationRequested)
        {
            throw new OracleException($"{runtime.AppId} does not serve a client that behaves (round {round}): {error.Message}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await worker.StopAsync(CancellationToken.None);
        worker.Dispose();
    }

    private async Task MessagesAsync(CancellationToken cancellationToken)
    {
        foreach (var pubsub in Words.PubSubs)
        {
            var text = $"kept for the end {pubsub} {round}";
            using var published = await http.PostAsJsonAsync($"/v1.0/publish/{pubsub}/control", text, cancellationToken);
            Expect(published.IsSuccessStatusCode, $"publishing to {pubsub} gives {published.StatusCode}");
            while (!app.Controls.Any(body => body.Contains(text, StringComparison.Ordinal)))
                await Task.Delay(10, cancellationToken);
        }
    }

    private async Task<bool> IsWellAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.GetAsync("/v1.0/healthz", cancellationToken);
            return answer.StatusCode == HttpStatusCode.NoContent;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private void Expect(bool holds, string otherwise)
    {
        if (!holds)
            throw new OracleException($"{runtime.AppId}, round {round}: {otherwise}");
    }
}
