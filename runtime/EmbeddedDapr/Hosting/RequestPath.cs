using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Dapr.Embedded.Hosting;

/// <summary>
/// Path segments decoded one by one from the raw target, so that an encoded slash in a key or topic stays part of its segment
/// (the decoded path cannot tell %2F from %252F).
/// </summary>
internal static class RequestPath
{
    /// <summary>The decoded segments, empty ones left out.</summary>
    public static IReadOnlyList<string> Segments(HttpContext http) =>
        [.. Raw(http).Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString)];

    /// <summary>The last decoded segment.</summary>
    public static string Last(HttpContext http)
    {
        var path = Raw(http).TrimEnd('/');
        return Uri.UnescapeDataString(path[(path.LastIndexOf('/') + 1)..]);
    }

    /// <summary>The path as it came, without the query.</summary>
    public static string Raw(HttpContext http)
    {
        var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var query = target.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? target : target[..query];
    }

    /// <summary>True when every % begins an escape of two hexadecimal digits.</summary>
    public static bool IsWellEscaped(string path)
    {
        for (var at = path.IndexOf('%', StringComparison.Ordinal); at >= 0; at = path.IndexOf('%', at + 1))
        {
            if (at + 2 >= path.Length || !char.IsAsciiHexDigit(path[at + 1]) || !char.IsAsciiHexDigit(path[at + 2]))
                return false;
        }
        return true;
    }
}
