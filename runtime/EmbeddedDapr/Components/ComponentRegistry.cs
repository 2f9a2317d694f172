using System.Collections.Frozen;
using System.Collections.Immutable;
using Dapr.Embedded.Hosting;
using Dapr.Embedded.Resources;
using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.Components;

/// <summary>The running components of a sidecar by name. Secret stores are started first, by the loader, and put in here as they are.</summary>
internal sealed class ComponentRegistry(SidecarContext context, IReadOnlyList<ComponentType> types) : IAsyncDisposable
{
    private readonly ILogger log = context.LoggerFactory.CreateLogger<ComponentRegistry>();
    private ImmutableList<RunningComponent> order = [];
    private volatile FrozenDictionary<string, RunningComponent> running = FrozenDictionary<string, RunningComponent>.Empty;

    /// <summary>The components in the order in which they were started.</summary>
    public IReadOnlyList<RunningComponent> All => order;

    /// <summary>The component of that name when it belongs to the building block (implements <typeparamref name="T"/>).</summary>
    public T? Find<T>(string name)
        where T : class, IComponent => running.TryGetValue(name, out var component) ? component.Instance as T : null;

    public bool Any<T>()
        where T : class, IComponent => running.Values.Any(component => component.Instance is T);

    /// <summary>Starts a component; null when it failed and its spec says to ignore that.</summary>
    /// <exception cref="ResourceException">There is no such type, or the start failed.</exception>
    public async Task<RunningComponent?> StartAsync(ComponentSpec spec, CancellationToken cancellationToken)
    {
        try
        {
            var component = new RunningComponent(spec, await StartInstanceAsync(spec, cancellationToken).ConfigureAwait(false));
            Update(order.RemoveAll(one => one.Name == spec.Name).Add(component));
            log.LogInformation("Component loaded: {Name} ({Type}/{Version})", spec.Name, spec.Type, spec.Version);
            return component;
        }
        catch (ResourceException error) when (spec.IgnoreErrors)
        {
            log.LogWarning("Component {Name} is left out, its ignoreErrors is true: {Reason}", spec.Name, error.Message);
            return null;
        }
    }

    public async Task StopAsync(RunningComponent component)
    {
        Update(order.Remove(component));
        await component.Instance.DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var component in All.ToList())
            await StopAsync(component).ConfigureAwait(false);
    }

    /// <summary>Only the loader starts and stops components, one after another; readers see one snapshot or the next.</summary>
    private void Update(ImmutableList<RunningComponent> next) =>
        (order, running) = (next, next.ToFrozenDictionary(component => component.Name, StringComparer.Ordinal));

    private async Task<IComponent> StartInstanceAsync(ComponentSpec spec, CancellationToken cancellationToken)
    {
        var type =
            types.FirstOrDefault(type => type.Name == spec.Type && type.Versions.Contains(spec.Version, StringComparer.Ordinal))
            ?? throw Unknown(spec);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(spec.InitTimeout);
        try
        {
            return await type.StartAsync(spec, context, limit.Token).WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed(spec, $"not ready within its initTimeout of {spec.InitTimeout.TotalSeconds:0.###} s", null);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            throw Failed(spec, error.Message, error);
        }
    }

    private ResourceException Unknown(ComponentSpec spec)
    {
        var known = string.Join(", ", types.Select(type => type.Name).Distinct().Order(StringComparer.Ordinal));
        return new ResourceException(
            $"[INIT_COMPONENT_FAILURE] component {spec.Name} ({spec.File}): "
                + $"the embedded runtime has no component type {spec.Type}/{spec.Version}; it has {known}"
        );
    }

    private static ResourceException Failed(ComponentSpec spec, string reason, Exception? cause) =>
        new($"[INIT_COMPONENT_FAILURE] component {spec.Name} ({spec.Type}/{spec.Version}, {spec.File}): {reason}", cause);
}
