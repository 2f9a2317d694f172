using System.Text;
using Dapr.Embedded.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Dapr.Embedded.Invocation;

/// <summary>Which app, and which of its methods, an HTTP request means: by path, by header or by Basic auth.</summary>
/// <param name="AppId">An app id, an app id with its namespace, the name of an HTTPEndpoint, or an absolute URL.</param>
/// <param name="Method">Decoded and cleaned.</param>
/// <param name="QueryString">As sent.</param>
internal sealed record InvocationTarget(string AppId, string Method, string QueryString)
{
    private const string Prefix = "/v1.0/invoke/";
    private const string Infix = "/method/";

    /// <summary>Null when the request names no app.</summary>
    public static InvocationTarget? Of(HttpContext http)
    {
        var path = RequestPath.Raw(http);
        var query = QueryOf(http);
        var tolerant = Tolerate(path);
        if (
            tolerant.StartsWith(Prefix, StringComparison.Ordinal)
            && tolerant.IndexOf(Infix, Prefix.Length - 1, StringComparison.Ordinal) is var at and > 0
        )
        {
            var appId = Uri.UnescapeDataString(tolerant[Prefix.Length..Math.Max(at, Prefix.Length)]);
            if (appId.Length > 0)
                return new InvocationTarget(appId, MethodPath.Clean(tolerant[(at + Infix.Length)..]), query);
        }
        var named = http.Request.Headers[HeaderRules.AppId].ToString();
        if (named.Length == 0)
            named = FromBasicAuth(http.Request.Headers.Authorization.ToString());
        return named.Length == 0 ? null : new InvocationTarget(named, MethodPath.Clean(path), query);
    }

    /// <summary>As sent; a bare question mark counts as none.</summary>
    private static string QueryOf(HttpContext http)
    {
        var raw = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var mark = raw.IndexOf('?', StringComparison.Ordinal);
        return mark < 0 || mark == raw.Length - 1 ? "" : raw[mark..];
    }

    /// <summary>Doubled slashes before the app id are tolerated; those of a URL as app id are part of it.</summary>
    private static string Tolerate(string path)
    {
        var rest = path.AsSpan();
        var head = new StringBuilder(path.Length);
        foreach (var part in new[] { "v1.0", "invoke" })
        {
            rest = rest.TrimStart('/');
            if (!rest.StartsWith(part + "/"))
                return path;
            head.Append('/').Append(part);
            rest = rest[part.Length..];
        }
        return head.Append('/').Append(rest.TrimStart('/')).ToString();
    }

    private static string FromBasicAuth(string authorization)
    {
        const string scheme = "Basic ";
        if (!authorization.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
            return "";
        var buffer = new byte[authorization.Length];
        if (!Convert.TryFromBase64String(authorization[scheme.Length..].Trim(), buffer, out var length))
            return "";
        var credentials = Encoding.UTF8.GetString(buffer, 0, length);
        return credentials.StartsWith(HeaderRules.AppId + ":", StringComparison.Ordinal) ? credentials[(HeaderRules.AppId.Length + 1)..] : "";
    }
}
