using System.Buffers;

namespace Dapr.Embedded.PubSub.Delivery;

/// <summary>Which header names gRPC metadata can carry as text.</summary>
internal static class GrpcHeaders
{
    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

    public static bool IsName(string name) =>
        name.Length > 0
        && !name.AsSpan().ContainsAnyExcept(Allowed)
        && !name.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase)
        && !name.EndsWith("-bin", StringComparison.OrdinalIgnoreCase);
}
