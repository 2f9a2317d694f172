using Microsoft.Extensions.Configuration;

namespace Dapr.Anomaly.Platform.Hosting;

/// <summary>Where the sidecar of this service listens.</summary>
public sealed record DaprEndpoints(string Http, string Grpc, string? ApiToken)
{
    public static DaprEndpoints From(IConfiguration configuration) =>
        new(
            configuration["DAPR_HTTP_ENDPOINT"] ?? $"http://127.0.0.1:{configuration["DAPR_HTTP_PORT"] ?? "3500"}",
            configuration["DAPR_GRPC_ENDPOINT"] ?? $"http://127.0.0.1:{configuration["DAPR_GRPC_PORT"] ?? "50001"}",
            configuration["DAPR_API_TOKEN"]
        );
}
