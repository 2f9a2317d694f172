using Dapr.Conformance.Tests.Fixture;
using Dapr.Workflow;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dapr.Conformance.Tests.Workflows;

/// <summary>The workflow app of the suite: the package's worker and client, connected to a sidecar of its own.</summary>
public sealed class WorkflowHost(DaprFixture dapr) : IAsyncLifetime
{
    private IHost? _host;

    public DaprWorkflowClient Client => _host!.Services.GetRequiredService<DaprWorkflowClient>();

    /// <summary>Counts that activities keep, by key.</summary>
    public ActivityCounts Counts { get; } = new();

    public async ValueTask InitializeAsync()
    {
        dapr.Require();
        await StartAsync();
    }

    public async Task StartAsync()
    {
        var sidecar = await dapr.SidecarAsync("wf-sdk", null, CancellationToken.None);
        _host = Build(dapr, sidecar, Counts, token: null);
        await _host.StartAsync(CancellationToken.None);
    }

    /// <summary>Stops the worker, as a deployment does.</summary>
    public async Task StopAsync()
    {
        if (_host is null)
            return;
        await _host.StopAsync(CancellationToken.None);
        _host.Dispose();
        _host = null;
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    /// <summary>Worker and client of the package, not started yet.</summary>
    internal static IHost Build(
        DaprFixture dapr,
        Backends.RunningSidecar sidecar,
        ActivityCounts counts,
        string? token,
        Action<WorkflowRuntimeOptions>? configure = null
    )
    {
        HostApplicationBuilder builder = new(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?> { ["DAPR_GRPC_ENDPOINT"] = sidecar.Grpc.ToString(), ["DAPR_API_TOKEN"] = token }
        );
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(counts);
        builder.Services.AddDaprWorkflow(options =>
        {
            options.UseGrpcChannelOptions(dapr.GrpcOptions());
            SampleWorkflows.Register(options);
            configure?.Invoke(options);
        });
        return builder.Build();
    }
}

/// <summary>How often something ran.</summary>
public sealed class ActivityCounts
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, int> _counts = new();

    public int Increment(string key) => _counts.AddOrUpdate(key, 1, (_, count) => count + 1);

    public int this[string key] => _counts.GetValueOrDefault(key);
}
