using Microsoft.AspNetCore.Builder;

namespace Dapr.Anomaly.Platform.Hosting;

/// <summary>Who may call a route of a service. A route that says nothing is for the own sidecar.</summary>
public enum RouteAccess
{
    /// <summary>The own sidecar, or whoever else has the app API token.</summary>
    Sidecar,

    /// <summary>As before, and whoever has the token of the console: people.</summary>
    Reader,

    /// <summary>Anyone who can reach the port: probes, and Prometheus for metrics.</summary>
    Anyone,
}

/// <summary>Declares the access of a route.</summary>
public static class RouteAccessExtensions
{
    public static T For<T>(this T route, RouteAccess access)
        where T : IEndpointConventionBuilder => route.WithMetadata(new DeclaredAccess(access));
}

/// <summary>What a route's builder declared; metadata of the endpoint.</summary>
public sealed record DeclaredAccess(RouteAccess Access);
