namespace Dapr.Embedded;

/// <summary>The listening ports of a sidecar.</summary>
public enum SidecarApi
{
    /// <summary>The HTTP API of its app.</summary>
    Http,

    /// <summary>The gRPC API of its app.</summary>
    Grpc,

    /// <summary>What other sidecars of this user call.</summary>
    Internal,

    /// <summary>Health and metadata for everybody; only when it was asked for.</summary>
    Public,
}

/// <summary>One route that a running sidecar answers.</summary>
/// <param name="Verb">HTTP verb; POST for gRPC, null for any.</param>
/// <param name="Pattern">With parameters in braces.</param>
public sealed record ApiRoute(SidecarApi Api, int Port, string? Verb, string Pattern);
