using Dapr.Embedded.Hosting;
using Dapr.Embedded.Invocation;
using Dapr.Embedded.Resiliency;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.AccessControl;

/// <summary>Enforces <c>spec.accessControl</c> of the callee's Configuration on calls from other sidecars.</summary>
internal sealed class AccessControlBlock(SidecarContext context) : BuildingBlock
{
    private readonly ILogger log = context.LoggerFactory.CreateLogger<AccessControlBlock>();
    private AccessPolicies policies = AccessPolicies.AllowAll;

    public override Task StartAsync(CancellationToken cancellationToken) => ResourcesChangedAsync(cancellationToken);

    public override Task ResourcesChangedAsync(CancellationToken cancellationToken)
    {
        try
        {
            policies = AccessPolicies.Read(context.Resources.Configuration.Section("accessControl"));
        }
        catch (FormatException error)
        {
            // Nobody is let in by a policy that could not be read.
            log.LogError(
                "Configuration {Name}: {Reason}; all calls are refused until it is right",
                context.Resources.Configuration.Name,
                error.Message
            );
            policies = new AccessPolicies(false, []);
        }
        return Task.CompletedTask;
    }

    /// <summary>The refusal in daprd's words, null when the call may go on.</summary>
    public Failure? Denies(Caller caller, string method, string verb)
    {
        if (policies.Allows(caller, method, verb))
            return null;
        var reason = $"access control policy has denied access to id: {AccessPolicies.Identity(caller)} operation: {method} verb: {verb}";
        return new Failure(InvocationErrors.Rpc(StatusCode.PermissionDenied, reason), GrpcStatus: (int)StatusCode.PermissionDenied, Retriable: false);
    }
}
