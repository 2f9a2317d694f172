using System.Globalization;
using System.Text;

namespace Dapr.Anomaly.Campaigns.Tests.Fuzz.Http;

/// <summary>Makes HTTP requests out of the routes: wrong names, verbs, escapes, queries, headers and bodies, and broken framing.</summary>
internal static class HttpRequests
{
    private static readonly string[] Verbs = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "get", "FOO", "X-Y"];

    private static readonly string[] ContentTypes =
    [
        "application/json",
        "application/json;charset=x",
        "application/cloudevents+json",
        "text/plain",
        "application/octet-stream",
        "a/b; c=\"",
        "/",
        "",
        ";",
        "application/grpc",
        "multipart/form-data",
    ];

    private static readonly string[] OddHeaders =
    [
        "traceparent: x",
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "tracestate: ,,=",
        "baggage: =;",
        "baggage: a=b,c=%zz",
        "If-Match: \"",
        "If-Match: 1",
        "dapr-app-id: nobody",
        "dapr-app-id: tested",
        "dapr-app-id:",
        "dapr-app-id: http://[",
        "Authorization: Basic !!",
        "Authorization: Basic ZGFwci1hcHAtaWQ6dGVzdGVk",
        "Authorization: Basic ZGFwci1hcHAtaWQ6",
        "Accept-Encoding: gzip, br",
        "Content-Encoding: gzip",
        "Expect: 100-continue",
        "dapr-caller-app-id: forged",
        "X-Empty:",
        "Upgrade: websocket",
        "Connection: upgrade",
        "Connection: close",
        "metadata.a: b",
        "Content-Type: again",
        "X-Same: 1\r\nX-Same: 2",
        "Cookie: a=b; ;;",
        "Range: bytes=0-1",
        "X-Forwarded-For: ::::",
    ];

    public static HttpProbe Make(Random random, string? token)
    {
        var route = random.Any(Routes.All);
        var verb = random.Chance(0.08) ? random.Any(Verbs) : route.Verb;
        var body =
            route.Bodies.Count > 0 || random.Chance(0.05) ? JsonBody.Of(random, route.Bodies.Count > 0 ? random.Any(route.Bodies) : "{}") : null;
        // Metadata is kept, so that each big value would be in all later answers.
        if (random.Chance(0.002) && route.Verb == "POST")
            body = new byte[random.Next(3, 6) << 20];
        var hasToken = token is null || !random.Chance(0.1);
        var head = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{verb} {Path(random, route)} HTTP/1.1\r\nHost: 127.0.0.1\r\n");
        if (token is not null && hasToken)
            head.Append(CultureInfo.InvariantCulture, $"dapr-api-token: {token}\r\n");
        Headers(random, head, body is not null);
        var chunked = body is not null && random.Chance(0.1);
        if (body is not null)
            head.Append(
                chunked ? "Transfer-Encoding: chunked\r\n" : string.Create(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n")
            );
        byte[] whole = [.. Encoding.UTF8.GetBytes(head.Append("\r\n").ToString()), .. chunked ? Chunks(random, body!) : body ?? []];
        var pause = random.Chance(0.003) ? random.Next(1, 600) : 0;
        return random.Chance(0.2)
            ? new HttpProbe(Framing.Break(random, whole), verb, IsHttp: false, hasToken, pause)
            : new HttpProbe(whole, verb, IsHttp: true, hasToken, pause);
    }

    private static string Path(Random random, Route route)
    {
        var segments = route.Path.Select(words => words.Count == 1 && !random.Chance(0.02) ? words[0] : Words.Segment(random, words)).ToList();
        if (random.Chance(0.03))
            segments.RemoveAt(random.Next(segments.Count));
        if (random.Chance(0.03))
            segments.Insert(random.Next(segments.Count + 1), Words.Segment(random, Words.Keys));
        var path = "/" + string.Join('/', segments) + (random.Chance(0.03) ? "/" : "");
        if (random.Chance(0.02))
            path = path.Insert(random.Next(path.Length + 1), random.Any(["%", "%zz", "%2", "//", "%00"]));
        if (path[0] != '/')
            path = "/" + path;
        if (route.Queries.Count > 0 && random.Chance(0.4))
            path += "?" + random.Any(route.Queries);
        return random.Chance(0.04) ? path + random.Any(["?", "?&&=&", "?%zz", "?metadata.a", "?a=%00", "?" + new string('q', 2000), "#x"]) : path;
    }

    private static void Headers(Random random, StringBuilder head, bool hasBody)
    {
        if (hasBody && random.Chance(0.8))
            head.Append("Content-Type: ").Append(random.Chance(0.6) ? "application/json" : random.Any(ContentTypes)).Append("\r\n");
        for (var more = random.Chance(0.3) ? random.Next(1, 4) : 0; more > 0; more--)
            head.Append(random.Any(OddHeaders)).Append("\r\n");
        if (random.Chance(0.01))
            head.Append("X-Long: ").Append('y', random.Any([4000, 7000, 9000, 40_000])).Append("\r\n");
        if (random.Chance(0.005))
            head.Append(string.Concat(Enumerable.Range(0, random.Next(50, 300)).Select(number => $"X-{number}: a\r\n")));
        if (random.Chance(0.01))
            head.Append("X-Unicode: ключ\r\n");
    }

    private static byte[] Chunks(Random random, byte[] body)
    {
        var bytes = new List<byte>();
        for (var at = 0; at < body.Length; )
        {
            var length = random.Next(1, body.Length - at + 1);
            bytes.AddRange(Encoding.ASCII.GetBytes($"{length:x}\r\n"));
            bytes.AddRange(body.AsSpan(at, length));
            bytes.AddRange("\r\n"u8);
            at += length;
        }
        bytes.AddRange("0\r\n\r\n"u8);
        return [.. bytes];
    }
}
