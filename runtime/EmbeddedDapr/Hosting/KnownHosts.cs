using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Dapr.Embedded.Hosting;

/// <summary>
/// Which Host and Origin headers are answered: loopback names, the address at which the caller reached us, and names that were configured. A page
/// whose name was made to resolve to this machine (DNS rebinding) comes with that name as Host; a form of another site comes with its Origin.
/// </summary>
internal sealed class KnownHosts
{
    /// <summary>A configured name that stands for all.</summary>
    private const string Any = "*";

    private const int ShownLength = 100;

    private readonly HashSet<string> names = new(StringComparer.OrdinalIgnoreCase) { "localhost" };
    private readonly bool all;
    private readonly string advice;

    /// <param name="configured">Host names or addresses without scheme and port, or <c>*</c>.</param>
    /// <param name="advice">How a name is added, for who was refused.</param>
    /// <exception cref="FormatException">One of them is no host name; the message shows it.</exception>
    public KnownHosts(IEnumerable<string> configured, string advice)
    {
        this.advice = advice;
        foreach (var name in configured)
        {
            if (name != Any && Uri.CheckHostName(name.Trim('[', ']')) == UriHostNameType.Unknown)
                throw new FormatException(
                    $"\"{name}\" is no host name; write names or addresses without scheme and port, for example anomaly.example.org"
                );
            all |= name == Any;
            names.Add(name.Trim('[', ']'));
        }
    }

    /// <summary>Why a request is refused, null when its hosts are known.</summary>
    /// <param name="reached">Address of this machine that the caller connected to.</param>
    public string? Refusal(HttpRequest request, IPAddress? reached)
    {
        if (all)
            return null;
        var host = request.Host.Host;
        if (!IsKnown(host, reached))
            return $"host \"{Shown(host)}\" is not answered here: call localhost, 127.0.0.1 or [::1]; {advice}";
        foreach (var origin in request.Headers.Origin)
            if (!Uri.TryCreate(origin, UriKind.Absolute, out var page) || !IsKnown(page.Host, reached))
                return $"origin \"{Shown(origin ?? "")}\" is not answered here: pages of other sites have no access; {advice}";
        return null;
    }

    private bool IsKnown(string host, IPAddress? reached)
    {
        host = host.Trim('[', ']');
        if (names.Contains(host))
            return true;
        return IPAddress.TryParse(host, out var address) && (IPAddress.IsLoopback(address) || Same(address, reached));
    }

    private static bool Same(IPAddress address, IPAddress? reached) => reached is not null && address.MapToIPv6().Equals(reached.MapToIPv6());

    private static string Shown(string text) => text.Length <= ShownLength ? text : text[..ShownLength] + "…";
}

/// <summary>The check as a step of a pipeline.</summary>
internal static class KnownHostsPipeline
{
    /// <param name="refuse">Answers with the text.</param>
    public static void UseKnownHosts(this IApplicationBuilder app, KnownHosts hosts, Func<HttpContext, string, Task> refuse) =>
        app.Use((http, next) => hosts.Refusal(http.Request, http.Connection.LocalIpAddress) is { } reason ? refuse(http, reason) : next(http));
}
