namespace Dapr.Anomaly.Campaigns.Tests.Fuzz.Grpc;

/// <param name="Path">/service/method.</param>
/// <param name="Body">The frames.</param>
/// <param name="Headers">Beside the content type.</param>
/// <param name="Waits">The method has no answer until something happens; the caller gives it up soon.</param>
internal sealed record GrpcProbe(
    string Verb,
    string Path,
    string ContentType,
    byte[] Body,
    IReadOnlyList<(string Name, string Value)> Headers,
    bool Waits,
    bool HasToken
)
{
    public bool IsProxied => Headers.Any(header => header.Name == "dapr-app-id");

    public override string ToString() =>
        $"{Verb} {Path} {ContentType} [{string.Join("; ", Headers.Select(header => $"{header.Name}: {header.Value}"))}] "
        + $"{Convert.ToHexString(Body.AsSpan(0, Math.Min(Body.Length, 400)))}{(Body.Length > 400 ? $"… {Body.Length} bytes" : "")}";
}
