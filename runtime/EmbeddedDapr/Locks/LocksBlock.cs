using Dapr.Client.Autogen.Grpc.v1;
using Dapr.Embedded.Components;
using Dapr.Embedded.Errors;
using Dapr.Embedded.Hosting;
using Dapr.Embedded.State;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Dapr.Embedded.Locks;

/// <summary>The distributed lock building block: /v1.0-alpha1/lock and unlock, TryLockAlpha1 and UnlockAlpha1.</summary>
internal sealed class LocksBlock(SidecarContext context) : BuildingBlock
{
    private const string BadBody = "failed deserializing HTTP body: ";

    public override IReadOnlyList<ComponentType> ComponentTypes { get; } =
    [
        new(
            "lock.in-memory",
            (spec, context, _) =>
                Task.FromResult<IComponent>(new MemoryLockStore(context.Shared.GetOrAdd($"lock/{spec.Name}", () => new MemoryLocks(context.Time))))
        ),
        new("lock.redis", async (spec, _, _) => await RedisLockStore.OpenAsync(spec).ConfigureAwait(false)),
    ];

    public override void MapHttp(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1.0-alpha1/lock/{store}", (RequestDelegate)LockAsync);
        routes.MapPost("/v1.0-alpha1/unlock/{store}", (RequestDelegate)UnlockAsync);
    }

    public override void MapGrpc(GrpcMethods methods)
    {
        methods.Unary<TryLockRequest, TryLockResponse>(
            "TryLockAlpha1",
            async (request, call) =>
                new TryLockResponse
                {
                    Success = await TryLockAsync(
                            request.StoreName,
                            request.ResourceId,
                            request.LockOwner,
                            request.ExpiryInSeconds,
                            call.CancellationToken
                        )
                        .ConfigureAwait(false),
                }
        );
        methods.Unary<UnlockRequest, UnlockResponse>(
            "UnlockAlpha1",
            async (request, call) =>
                new UnlockResponse
                {
                    Status = (UnlockResponse.Types.Status)
                        await UnlockAsync(request.StoreName, request.ResourceId, request.LockOwner, call.CancellationToken).ConfigureAwait(false),
                }
        );
    }

    private async Task LockAsync(HttpContext http)
    {
        var body = await JsonBodies.ReadAsync<Body>(http, context.Options.MaxBodySizeBytes, BadBody).ConfigureAwait(false);
        var success = await TryLockAsync(
                RequestPath.Last(http),
                body.ResourceId ?? "",
                body.LockOwner ?? "",
                body.ExpiryInSeconds,
                http.RequestAborted
            )
            .ConfigureAwait(false);
        await WriteAsync(http, success ? """{"success":true}""" : """{"success":false}""").ConfigureAwait(false);
    }

    private async Task UnlockAsync(HttpContext http)
    {
        var body = await JsonBodies.ReadAsync<Body>(http, context.Options.MaxBodySizeBytes, BadBody).ConfigureAwait(false);
        var outcome = await UnlockAsync(RequestPath.Last(http), body.ResourceId ?? "", body.LockOwner ?? "", http.RequestAborted)
            .ConfigureAwait(false);
        await WriteAsync(http, $$"""{"status":{{(int)outcome}}}""").ConfigureAwait(false);
    }

    private async Task<bool> TryLockAsync(string store, string resource, string owner, int expirySeconds, CancellationToken cancellationToken)
    {
        var found = Find(store);
        Require(resource.Length > 0, $"ResourceId is empty in lock store {store}");
        Require(owner.Length > 0, $"LockOwner is empty in lock store {store}");
        Require(expirySeconds > 0, $"ExpiryInSeconds is not positive in lock store {store}");
        return await GuardAsync(
                "ERR_TRY_LOCK",
                "failed to try acquiring lock: ",
                store,
                token => found.TryLockAsync(Key(store, resource), owner, TimeSpan.FromSeconds(expirySeconds), token),
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    private async Task<UnlockOutcome> UnlockAsync(string store, string resource, string owner, CancellationToken cancellationToken)
    {
        var found = Find(store);
        Require(resource.Length > 0, $"ResourceId is empty in lock store {store}");
        Require(owner.Length > 0, $"LockOwner is empty in lock store {store}");
        return await GuardAsync(
                "ERR_UNLOCK",
                "failed to release lock: ",
                store,
                token => found.UnlockAsync(Key(store, resource), owner, token),
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    /// <summary>The prefix strategy is that of state stores, after "lock||".</summary>
    private string Key(string store, string resource)
    {
        var spec = context.Components.All.First(component => component.Name == store).Spec;
        return "lock||" + KeyPrefix.Of(spec, context.AppId, context.Options.Namespace).Add(resource, store);
    }

    private ILockStore Find(string store) =>
        context.Components.Find<ILockStore>(store)
        ?? throw (
            context.Components.Any<ILockStore>()
                ? Error(400, StatusCode.InvalidArgument, "ERR_LOCK_STORE_NOT_FOUND", $"lock store {store} not found")
                : Error(500, StatusCode.FailedPrecondition, "ERR_LOCK_STORE_NOT_CONFIGURED", "lock store is not configured")
        );

    private async Task<T> GuardAsync<T>(
        string code,
        string failed,
        string store,
        Func<CancellationToken, Task<T>> call,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await context.Policies.OutboundAsync(store, call, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not DaprApiException and not OperationCanceledException)
        {
            throw Error(500, StatusCode.Internal, code, failed + error.Message);
        }
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
            throw Error(400, StatusCode.InvalidArgument, "ERR_MALFORMED_REQUEST", message);
    }

    private static DaprApiException Error(int httpStatus, StatusCode grpcStatus, string code, string message) =>
        new(httpStatus, grpcStatus, code, message) { GrpcErrorInfo = false };

    private static Task WriteAsync(HttpContext http, string json)
    {
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(json, http.RequestAborted);
    }

    private sealed record Body(string? ResourceId, string? LockOwner, int ExpiryInSeconds);
}
