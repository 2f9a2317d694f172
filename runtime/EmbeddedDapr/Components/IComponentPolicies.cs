namespace Dapr.Embedded.Components;

/// <summary>
/// Resiliency of calls to components (Resiliency resource, spec.targets.components). The Resiliency block replaces the one that does nothing.
/// </summary>
internal interface IComponentPolicies
{
    /// <summary>Runs a call to a component (state, bindings, secrets …) under its outbound policy.</summary>
    Task<T> OutboundAsync<T>(string component, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken);

    /// <summary>Runs a delivery of a component to the app (pub/sub message, binding event) under its inbound policy.</summary>
    Task<T> InboundAsync<T>(string component, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken);
}

/// <summary>No retry, no timeout, no breaker: what a component gets that no Resiliency resource names.</summary>
internal sealed class NoPolicies : IComponentPolicies
{
    public Task<T> OutboundAsync<T>(string component, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken) =>
        call(cancellationToken);

    public Task<T> InboundAsync<T>(string component, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken) =>
        call(cancellationToken);
}
