using Dapr.Embedded.Components;
using Dapr.Embedded.Resources;
using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.Hosting;

/// <summary>Brings the running components in line with the resources folders: at the start, and after every change of a file.</summary>
internal sealed class ComponentLoader(SidecarContext context)
{
    private readonly ILogger log = context.LoggerFactory.CreateLogger<ComponentLoader>();
    private readonly ComponentReader reader = new(context.AppId, context.Options.Namespace, Environment.GetEnvironmentVariable);
    private readonly Dictionary<string, RunningComponent> loaded = new(StringComparer.Ordinal);

    /// <summary>Reads the resources and the Configuration and starts the components.</summary>
    /// <exception cref="ResourceException">A resource cannot be used.</exception>
    public Task LoadAsync(CancellationToken cancellationToken)
    {
        var configuration = ResourceFiles.ReadConfiguration(context.Options.ConfigPaths);
        return ApplyAsync(configuration, failed => throw failed, cancellationToken);
    }

    /// <summary>
    /// Starts what is new, restarts what changed, stops what is gone; a component that fails is logged and left out. The Configuration stays.
    /// </summary>
    /// <exception cref="ResourceException">A file cannot be read; nothing has changed.</exception>
    public Task ReloadAsync(CancellationToken cancellationToken) =>
        ApplyAsync(context.Resources.Configuration, failed => log.LogError("{AppId}: {Reason}", context.AppId, failed.Message), cancellationToken);

    private async Task ApplyAsync(ConfigurationSpec configuration, Action<ResourceException> failed, CancellationToken cancellationToken)
    {
        var documents = ResourceFiles.Read(context.Options.ResourcesPaths, context.AppId);
        context.Resources = context.Resources with { Documents = documents, Configuration = configuration };
        var wanted = documents.Where(document => document.Kind == "Component" && IsAllowed(document, configuration)).ToList();
        foreach (var gone in loaded.Values.Where(component => wanted.All(document => document.Name != component.Name)).ToList())
            await StopAsync(gone, cancellationToken).ConfigureAwait(false);
        var specs = new List<ComponentSpec>();
        foreach (var document in wanted.Where(IsSecretStore).Concat(wanted.Where(document => !IsSecretStore(document))))
        {
            try
            {
                var spec = await reader.ReadAsync(document, FindSecretAsync, cancellationToken).ConfigureAwait(false);
                specs.Add(spec);
                await StartAsync(spec, cancellationToken).ConfigureAwait(false);
            }
            catch (ResourceException error)
            {
                failed(error);
            }
        }
        context.Resources = new ResourceSet(specs, documents, configuration);
    }

    private async Task StartAsync(ComponentSpec spec, CancellationToken cancellationToken)
    {
        if (loaded.TryGetValue(spec.Name, out var present))
        {
            if (Same(present.Spec, spec))
                return;
            await StopAsync(present, cancellationToken).ConfigureAwait(false);
        }
        if (await context.Components.StartAsync(spec, cancellationToken).ConfigureAwait(false) is not { } component)
            return;
        loaded[spec.Name] = component;
        foreach (var block in context.Blocks)
            await block.ComponentStartedAsync(component, cancellationToken).ConfigureAwait(false);
    }

    private async Task StopAsync(RunningComponent component, CancellationToken cancellationToken)
    {
        log.LogInformation("Component removed: {Name} ({Type})", component.Name, component.Spec.Type);
        loaded.Remove(component.Name);
        foreach (var block in context.Blocks)
            await block.ComponentStoppingAsync(component, cancellationToken).ConfigureAwait(false);
        await context.Components.StopAsync(component).ConfigureAwait(false);
    }

    private Task<string?> FindSecretAsync(string store, string name, string key, CancellationToken cancellationToken) =>
        context.Components.Find<Secrets.ISecretStore>(store) is { } found
            ? found.FindAsync(name, key, cancellationToken)
            : Task.FromResult<string?>(null);

    private static bool Same(ComponentSpec one, ComponentSpec other) =>
        one.Type == other.Type
        && one.Version == other.Version
        && one.Metadata.All.OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .SequenceEqual(other.Metadata.All.OrderBy(entry => entry.Key, StringComparer.Ordinal));

    private bool IsAllowed(ResourceDocument document, ConfigurationSpec configuration)
    {
        var (type, version) = (document.Spec["type"]?.ToString() ?? "", document.Spec["version"]?.ToString() ?? "");
        if (!configuration.Denies(type, version))
            return true;
        log.LogWarning(
            "{AppId}: component {Name} is left out: the Configuration denies components of type {Type}/{Version}",
            context.AppId,
            document.Name,
            type,
            version
        );
        return false;
    }

    private static bool IsSecretStore(ResourceDocument document) =>
        document.Spec["type"]?.ToString().StartsWith("secretstores.", StringComparison.Ordinal) == true;
}
