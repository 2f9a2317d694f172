using Dapr.Embedded.Components;

namespace Dapr.Embedded.Resiliency;

/// <summary>Runs calls that fail by exception under the policies of a component.</summary>
internal sealed class ComponentPolicies(Func<Policies> policies, TimeProvider time) : IComponentPolicies
{
    public Task<T> OutboundAsync<T>(string component, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken) =>
        RunAsync(policies().Outbound(component), call, cancellationToken);

    public Task<T> InboundAsync<T>(string component, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken) =>
        RunAsync(policies().Inbound(component), call, cancellationToken);

    private async Task<T> RunAsync<T>(ResiliencePolicy policy, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        if (policy.IsEmpty)
            return await call(cancellationToken).ConfigureAwait(false);
        Exception? last = null;
        var outcome = await policy
            .RunAsync<T>(
                async token =>
                {
                    last = null;
                    try
                    {
                        return await call(token).ConfigureAwait(false);
                    }
                    catch (Exception error) when (!token.IsCancellationRequested)
                    {
                        last = error;
                        return new Attempt<T>(default, new Failure(error.Message));
                    }
                },
                time,
                cancellationToken
            )
            .ConfigureAwait(false);
        if (outcome.Failure is not { } failure)
            return outcome.Value!;
        if (last is not null && failure.Retriable && failure != Failure.DeadlineExceeded)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(last);
        throw failure == Failure.DeadlineExceeded ? new TimeoutException(failure.Message) : new InvalidOperationException(failure.Message);
    }
}
