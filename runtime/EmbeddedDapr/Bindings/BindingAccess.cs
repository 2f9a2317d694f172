using Dapr.Embedded.Errors;
using Dapr.Embedded.Hosting;
using Grpc.Core;

namespace Dapr.Embedded.Bindings;

/// <summary>Calls output bindings, the same for HTTP, gRPC and the answers of apps.</summary>
internal sealed class BindingAccess(SidecarContext context)
{
    /// <exception cref="DaprApiException">ERR_INVOKE_OUTPUT_BINDING: no such binding or operation, or the component failed.</exception>
    public async Task<BindingAnswer> InvokeAsync(string name, BindingRequest request, CancellationToken cancellationToken)
    {
        if (context.Components.Find<IOutputBinding>(name) is not { } binding)
            throw Failed(name, $"couldn't find output binding {name}");
        if (request.Operation.Length == 0)
            throw Failed(name, "operation field is missing from request");
        if (!binding.Operations.Contains(request.Operation, StringComparer.Ordinal))
            throw Failed(
                name,
                $"binding {name} does not support operation {request.Operation}. supported operations:{string.Join(' ', binding.Operations)}"
            );
        try
        {
            return await context.Policies.OutboundAsync(name, token => binding.InvokeAsync(request, token), cancellationToken).ConfigureAwait(false);
        }
        catch (BindingException error)
        {
            throw Failed(name, error.Message, error.Metadata);
        }
        catch (Exception error) when (error is not DaprApiException && !cancellationToken.IsCancellationRequested)
        {
            throw Failed(name, error is OperationCanceledException or TimeoutException ? "context deadline exceeded" : error.Message);
        }
    }

    private static DaprApiException Failed(string name, string reason, IReadOnlyDictionary<string, string>? metadata = null) =>
        new(500, StatusCode.Internal, "ERR_INVOKE_OUTPUT_BINDING", $"error invoking output binding {name}: {reason}")
        {
            Metadata = metadata ?? new Dictionary<string, string>(),
        };
}
