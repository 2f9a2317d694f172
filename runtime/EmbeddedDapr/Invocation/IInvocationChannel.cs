using Dapr.Embedded.Resiliency;

namespace Dapr.Embedded.Invocation;

/// <summary>A way to an app: the sidecar's own, one behind another sidecar, an external address.</summary>
internal interface IInvocationChannel
{
    /// <summary>
    /// One try. The answer's body is not read yet. An answer that is no 2xx is both value and failure; an answer of the runtime rather
    /// than the app is a failure alone.
    /// </summary>
    Task<Attempt<HttpResponseMessage>> SendAsync(InvocationRequest request, CancellationToken cancellationToken);
}
