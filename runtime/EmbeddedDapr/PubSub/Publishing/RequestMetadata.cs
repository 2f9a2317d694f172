using Dapr.Embedded.PubSub.Brokers;
using Microsoft.AspNetCore.Http;

namespace Dapr.Embedded.PubSub.Publishing;

/// <summary>Metadata of an HTTP request: the query parameters with prefix <c>metadata.</c>, the first value of each.</summary>
internal static class RequestMetadata
{
    private const string Prefix = "metadata.";

    public static IReadOnlyDictionary<string, string> Of(HttpRequest request)
    {
        if (request.QueryString.Value is not { Length: > 1 })
            return BrokerMessage.NoMetadata;
        var metadata = new Dictionary<string, string>();
        foreach (var (key, values) in request.Query)
        {
            if (key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
                metadata.TryAdd(key[Prefix.Length..], values.Count > 0 ? values[0] ?? "" : "");
        }
        return metadata;
    }
}
