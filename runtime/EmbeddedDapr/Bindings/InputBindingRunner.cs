using System.Collections.Concurrent;
using Dapr.Embedded.Components;
using Dapr.Embedded.Hosting;
using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.Bindings;

/// <summary>Runs the input bindings that the app wants; nothing is delivered while the app is unhealthy.</summary>
internal sealed class InputBindingRunner(SidecarContext context, IBindingApp http, IBindingApp grpc)
{
    private readonly ILogger log = context.LoggerFactory.CreateLogger<InputBindingRunner>();
    private readonly ConcurrentDictionary<string, (CancellationTokenSource Stop, Task Running)> running = new(StringComparer.Ordinal);

    private IBindingApp App => context.App.IsGrpc ? grpc : http;

    /// <summary>Starts the component when it is an input binding and the app wants it.</summary>
    public async Task StartAsync(RunningComponent component, CancellationToken cancellationToken)
    {
        if (component.Instance is not IInputBinding binding || context.App.Port is null)
            return;
        await StopAsync(component.Name).ConfigureAwait(false);
        var direction = component.Spec.Metadata.Text("direction");
        if (direction is not null && !direction.Contains("input", StringComparison.OrdinalIgnoreCase))
            return;
        var route = component.Spec.Metadata.Text("route") ?? component.Name;
        if (direction is null && !await App.WantsAsync(component.Name, route, cancellationToken).ConfigureAwait(false))
        {
            log.LogInformation("{AppId}: the app does not want events of binding {Name}", context.AppId, component.Name);
            return;
        }
        var stop = new CancellationTokenSource();
        var loop = RunAsync(binding, component.Name, route, stop.Token);
        running[component.Name] = (stop, loop);
    }

    public async Task StopAsync(string name)
    {
        if (!running.TryRemove(name, out var entry))
            return;
        await entry.Stop.CancelAsync().ConfigureAwait(false);
        await entry.Running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        entry.Stop.Dispose();
    }

    public Task StopAllAsync() => Task.WhenAll(running.Keys.Select(StopAsync));

    private Task RunAsync(IInputBinding binding, string name, string route, CancellationToken cancellationToken) =>
        Task.Run(() => binding.RunAsync((one, token) => DeliverAsync(name, route, one, token), cancellationToken), cancellationToken);

    private async Task DeliverAsync(string name, string route, BindingEvent one, CancellationToken cancellationToken)
    {
        if (!context.App.Healthy)
            return;
        var trace = TraceContext.New(context.Resources.Configuration);
        try
        {
            await context
                .Policies.InboundAsync(
                    name,
                    async token =>
                    {
                        await App.DeliverAsync(name, route, one, trace, token).ConfigureAwait(false);
                        return true;
                    },
                    cancellationToken
                )
                .ConfigureAwait(false);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            // The app, a policy, or what the app asked for in its answer: it is told, and the next event comes all the same.
            log.LogWarning("{AppId}: binding {Name}: {Reason}", context.AppId, name, error.Message);
        }
    }
}

/// <summary>How events reach the app, over HTTP or gRPC.</summary>
internal interface IBindingApp
{
    /// <summary>Asks the app whether it wants the events of a binding.</summary>
    Task<bool> WantsAsync(string name, string route, CancellationToken cancellationToken);

    /// <exception cref="BindingException">The app did not take the event.</exception>
    Task DeliverAsync(string name, string route, BindingEvent one, TraceContext trace, CancellationToken cancellationToken);
}
