using Microsoft.AspNetCore.Http;

namespace Dapr.Embedded.Hosting;

/// <summary>Metadata of an HTTP API call: the query parameters that begin with "metadata.", the prefix cut off, the first value of each.</summary>
internal static class RequestMetadata
{
    private const string Prefix = "metadata.";

    public static Dictionary<string, string> Of(HttpContext http)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, values) in http.Request.Query)
        {
            if (name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && values.Count > 0)
                metadata[name[Prefix.Length..]] = values[0] ?? "";
        }
        return metadata;
    }
}
