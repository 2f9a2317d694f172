using Dapr.Embedded.Hosting;

namespace Dapr.Embedded.Components;

/// <summary>A running component of a building block.</summary>
internal interface IComponent : IAsyncDisposable
{
    /// <summary>What /v1.0/metadata lists: for a state store for example ETAG, TRANSACTIONAL.</summary>
    IReadOnlyList<string> Capabilities { get; }
}

/// <summary>
/// A component type that the runtime has, for example "state.sqlite". <paramref name="StartAsync"/> fails with a
/// <see cref="Resources.ResourceException"/> when the metadata is wrong.
/// </summary>
internal sealed record ComponentType(string Name, Func<ComponentSpec, SidecarContext, CancellationToken, Task<IComponent>> StartAsync)
{
    /// <summary>Versions that it answers to.</summary>
    public IReadOnlyList<string> Versions { get; init; } = ["v1"];
}

/// <summary>A component under its name.</summary>
internal sealed record RunningComponent(ComponentSpec Spec, IComponent Instance)
{
    public string Name => Spec.Name;
}
