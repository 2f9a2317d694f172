using System.Collections.Concurrent;
using System.Text;
using Dapr.Client.Autogen.Grpc.v1;
using Dapr.Embedded.Errors;
using Dapr.Embedded.Hosting;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Dapr.Embedded.Introspection;

/// <summary>/v1.0/metadata: what the sidecar is made of, and values that callers put there.</summary>
internal sealed class MetadataBlock(SidecarContext context) : BuildingBlock
{
    /// <summary>The version whose behaviour this runtime follows; SDKs read it before their first call.</summary>
    public const string RuntimeVersion = "1.18.2";

    private readonly ConcurrentDictionary<string, string> extended = new(StringComparer.Ordinal) { ["daprRuntimeVersion"] = RuntimeVersion };

    public override void MapHttp(IEndpointRouteBuilder routes)
    {
        MapPublic(routes);
        routes.MapPut("/v1.0/metadata/{key}", (RequestDelegate)PutAsync);
    }

    public void MapPublic(IEndpointRouteBuilder routes) => routes.MapGet("/v1.0/metadata", (RequestDelegate)GetAsync);

    public override void MapGrpc(GrpcMethods methods)
    {
        methods.Unary<GetMetadataRequest, GetMetadataResponse>(
            "GetMetadata",
            (_, _) => Task.FromResult(MetadataAnswer.Grpc(context, Describe(), extended))
        );
        methods.Unary<SetMetadataRequest, Empty>(
            "SetMetadata",
            (request, _) =>
            {
                Set(request.Key, request.Value);
                return Task.FromResult(new Empty());
            }
        );
    }

    private async Task GetAsync(HttpContext http)
    {
        var body = MetadataAnswer.Json(context, Describe(), extended);
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted).ConfigureAwait(false);
    }

    private async Task PutAsync(HttpContext http)
    {
        try
        {
            var body = await RequestBody.ReadAsync(http, context.Options.MaxBodySizeBytes).ConfigureAwait(false);
            Set(RequestPath.Last(http), Encoding.UTF8.GetString(body.Span));
        }
        catch (BodyTooLargeException error)
        {
            throw DaprApiException.MalformedRequest(error.Message);
        }
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>The runtime's own version cannot be set by callers.</summary>
    private void Set(string key, string value)
    {
        if (key != "daprRuntimeVersion")
            extended[key] = value;
    }

    private SidecarDescription Describe()
    {
        var description = new SidecarDescription();
        foreach (var block in context.Blocks)
            block.Describe(description);
        return description;
    }
}
