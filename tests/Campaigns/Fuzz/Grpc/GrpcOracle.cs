using System.Globalization;
using Dapr.Anomaly.Campaigns.Tests.Fuzz.Http;
using Grpc.Core;

namespace Dapr.Anomaly.Campaigns.Tests.Fuzz.Grpc;

/// <param name="Status">grpc-status, from the trailers or, where there is no message, from the headers; null when there was none.</param>
internal sealed record GrpcAnswer(int HttpStatus, string ContentType, string? Status, string Message);

/// <summary>Says what is wrong with the end of a call, or what its status is.</summary>
internal static class GrpcOracle
{
    /// <summary>Dapr gives Unknown only for these: what cannot be proxied, and what its workflow engine refuses.</summary>
    private static readonly string[] KnownUnknowns =
    [
        "failed to proxy request: required metadata",
        "no such instance exists",
        "orchestration has not yet completed",
        "multi-instance purge is not unimplemented",
        "actor is stalled",
        "instance id is invalid",
        "job name is invalid",
    ];

    /// <exception cref="OracleException">No runtime of Dapr ends a call so.</exception>
    public static string Judge(GrpcProbe probe, GrpcAnswer answer, bool needsToken)
    {
        if (answer.HttpStatus is 405 or 415 && (!IsGrpc(probe.ContentType) || probe.Verb != "POST"))
            return $"HTTP {answer.HttpStatus}";
        if (probe.IsProxied && answer is { HttpStatus: 404, Status: null })
            return "HTTP 404 of the app";
        if (answer.HttpStatus != 200)
            throw new OracleException($"HTTP {answer.HttpStatus}");
        if (!int.TryParse(answer.Status, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > 16)
            throw new OracleException($"grpc-status is \"{answer.Status}\"");
        var status = (StatusCode)number;
        if (HttpOracle.Leak(answer.Message) is { } leak)
            throw new OracleException($"{status} tells of its inside ({leak}): {answer.Message}");
        if (needsToken && !probe.HasToken && status != StatusCode.Unauthenticated)
            throw new OracleException($"{status} without the API token: {answer.Message}");
        if (
            status == StatusCode.Unknown
            && !probe.IsProxied
            && !probe.Path.EndsWith("/InvokeService", StringComparison.Ordinal)
            && !KnownUnknowns.Any(words => answer.Message.Contains(words, StringComparison.Ordinal))
        )
            throw new OracleException($"Unknown: {answer.Message}");
        return status.ToString();
    }

    private static bool IsGrpc(string contentType) =>
        contentType.StartsWith("application/grpc", StringComparison.Ordinal)
        && !contentType.StartsWith("application/grpc-web", StringComparison.Ordinal);
}
