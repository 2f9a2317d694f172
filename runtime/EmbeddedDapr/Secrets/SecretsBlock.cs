using System.Text.Json;
using Dapr.Client.Autogen.Grpc.v1;
using Dapr.Embedded.Components;
using Dapr.Embedded.Errors;
using Dapr.Embedded.Hosting;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Dapr.Embedded.Secrets;

/// <summary>The secrets building block: /v1.0/secrets, GetSecret and GetBulkSecret, filtered by the scopes of the Configuration.</summary>
internal sealed class SecretsBlock(SidecarContext context) : BuildingBlock
{
    public override IReadOnlyList<ComponentType> ComponentTypes { get; } =
    [
        new("secretstores.local.env", (spec, _, _) => Task.FromResult<IComponent>(new EnvironmentSecretStore(spec.Metadata.Text("prefix") ?? ""))),
        new(
            "secretstores.local.file",
            async (spec, _, cancellationToken) => await FileSecretStore.OpenAsync(spec, cancellationToken).ConfigureAwait(false)
        ),
    ];

    public override void MapHttp(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1.0/secrets/{store}/bulk", (RequestDelegate)GetBulkAsync);
        routes.MapGet("/v1.0/secrets/{store}/{key}", (RequestDelegate)GetAsync);
    }

    public override void MapGrpc(GrpcMethods methods)
    {
        methods.Unary<GetSecretRequest, GetSecretResponse>(
            "GetSecret",
            async (request, call) =>
            {
                var response = new GetSecretResponse();
                response.Data.Add(
                    new Dictionary<string, string>(await ReadAsync(request.StoreName, request.Key, call.CancellationToken).ConfigureAwait(false))
                );
                return response;
            }
        );
        methods.Unary<GetBulkSecretRequest, GetBulkSecretResponse>(
            "GetBulkSecret",
            async (request, call) =>
            {
                var response = new GetBulkSecretResponse();
                foreach (var (name, values) in await ReadAllAsync(request.StoreName, call.CancellationToken).ConfigureAwait(false))
                {
                    var secret = new SecretResponse();
                    secret.Secrets.Add(new Dictionary<string, string>(values));
                    response.Data[name] = secret;
                }
                return response;
            }
        );
    }

    private async Task GetAsync(HttpContext http)
    {
        var segments = RequestPath.Segments(http);
        await WriteAsync(http, await ReadAsync(segments[2], segments[3], http.RequestAborted).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task GetBulkAsync(HttpContext http) =>
        await WriteAsync(http, await ReadAllAsync(RequestPath.Segments(http)[2], http.RequestAborted).ConfigureAwait(false)).ConfigureAwait(false);

    private async Task<IReadOnlyDictionary<string, string>> ReadAsync(string store, string key, CancellationToken cancellationToken)
    {
        var found = Find(store);
        if (!SecretScopes.Allows(context.Resources.Configuration, store, key))
            throw Error(403, StatusCode.PermissionDenied, "ERR_PERMISSION_DENIED", $"access denied by policy to get \"{key}\" from \"{store}\"");
        try
        {
            return await context.Policies.OutboundAsync(store, token => found.GetAsync(key, token), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            throw Error(
                500,
                StatusCode.Internal,
                "ERR_SECRET_GET",
                $"failed getting secret with key {key} from secret store {store}: {error.Message}"
            );
        }
    }

    private async Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> ReadAllAsync(
        string store,
        CancellationToken cancellationToken
    )
    {
        var found = Find(store);
        var all = await context.Policies.OutboundAsync(store, found.GetAllAsync, cancellationToken).ConfigureAwait(false);
        return all.Where(secret => SecretScopes.Allows(context.Resources.Configuration, store, secret.Key))
            .ToDictionary(secret => secret.Key, secret => secret.Value);
    }

    private ISecretStore Find(string store) =>
        context.Components.Find<ISecretStore>(store)
        ?? throw (
            context.Components.Any<ISecretStore>()
                ? Error(401, StatusCode.InvalidArgument, "ERR_SECRET_STORE_NOT_FOUND", $"failed finding secret store with key {store}")
                : Error(500, StatusCode.FailedPrecondition, "ERR_SECRET_STORES_NOT_CONFIGURED", "secret store is not configured")
        );

    private static DaprApiException Error(int httpStatus, StatusCode grpcStatus, string code, string message) =>
        new(httpStatus, grpcStatus, code, message) { GrpcErrorInfo = false };

    private static async Task WriteAsync<T>(HttpContext http, T answer)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(answer);
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted).ConfigureAwait(false);
    }
}
