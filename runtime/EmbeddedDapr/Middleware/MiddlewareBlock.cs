using System.Text.Json.Nodes;
using Dapr.Embedded.Components;
using Dapr.Embedded.Hosting;
using Dapr.Embedded.Resources;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Dapr.Embedded.Middleware;

/// <summary>The middleware components that <c>spec.httpPipeline.handlers</c> of the Configuration names, in its order.</summary>
internal sealed class MiddlewareBlock(SidecarContext context) : BuildingBlock
{
    private IReadOnlyList<string> names = [];

    public override IReadOnlyList<ComponentType> ComponentTypes => [RouteAlias.Type, RouterChecker.Type, RateLimit.Type];

    /// <exception cref="ResourceException">A handler has no component: going on without it might let in what it should keep out.</exception>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        names = [.. (context.Resources.Configuration.Section("httpPipeline")?["handlers"] as JsonArray ?? []).OfType<JsonObject>().Select(Name)];
        return Task.CompletedTask;
    }

    /// <summary>Stands between the token check and the choice of a route.</summary>
    public void Use(IApplicationBuilder app)
    {
        foreach (var name in names)
            app.Use(
                (http, next) =>
                    context.Components.Find<IHttpMiddleware>(name) is { } middleware ? middleware.InvokeAsync(http, next) : GoneAsync(http, name)
            );
    }

    private string Name(JsonObject handler)
    {
        var name = handler["name"]?.ToString() ?? "";
        return context.Components.Find<IHttpMiddleware>(name) is not null
            ? name
            : throw new ResourceException(
                $"Configuration {context.Resources.Configuration.Name}: spec.httpPipeline names {name} ({handler["type"]}), "
                    + $"but there is no such middleware component; add it to the resources or take it out"
            );
    }

    /// <summary>The component was taken away while the sidecar runs.</summary>
    private static Task GoneAsync(HttpContext http, string name) =>
        Errors.HttpErrors.WriteAsync(
            http,
            StatusCodes.Status500InternalServerError,
            "ERROR",
            $"the middleware component {name} of the Configuration's httpPipeline is gone"
        );
}
