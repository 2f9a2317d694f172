using System.Text;

namespace Dapr.Anomaly.Campaigns.Tests.Fuzz.Http;

/// <summary>Turns a good HTTP request into bytes that no HTTP server has to understand.</summary>
internal static class Framing
{
    private static readonly string[] OddLines =
    [
        "Content-Length: -1",
        "Content-Length: abc",
        "Content-Length: 99999999999999999999",
        "Content-Length: 5, 6",
        "Content-Length: 3",
        "Content-Length: 900",
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: gzip, x",
        "Transfer-Encoding: chunked, chunked",
        "Host: other",
        "no colon",
        ": no name",
        "X-Bad Name: 1",
        "X-Nul: a\0b",
        " folded: line",
        "X-Latin: \u00e9\u00ff",
        "Content-Length : 1",
        "X-Cr: a\rb",
    ];

    private static readonly string[] RequestLines =
    [
        "GET",
        "GET /",
        "GET / HTTP/3.7",
        "GET / HTTP/1.0",
        "GET  /v1.0/metadata HTTP/1.1",
        "GET /v1.0/state/s/a b HTTP/1.1",
        "GET http://[::1 HTTP/1.1",
        "GET http://x/v1.0/metadata HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "CONNECT a:1 HTTP/1.1",
        "PRI * HTTP/2.0",
        "GET \\v1.0 HTTP/1.1",
        "GET /\u00e9 HTTP/1.1",
        "GET /v1.0/metadata HTTP/1.1 x",
        "\0\u0016\u0003\u0001",
        "POST /v1.0/state/s HTTP/1.1\r\n",
        "GET v1.0/metadata HTTP/1.1",
    ];

    private static readonly string[] Chunks =
    [
        "zz\r\nhello\r\n0\r\n\r\n",
        "5\r\nhel",
        "-1\r\nx\r\n",
        "ffffffffffffffff1\r\nx",
        "5;ext=\"\r\nhello\r\n0\r\nTrailer: x\r\n\r\n",
        "0\r\n",
        "5\nhello\n0\n\n",
        "",
    ];

    public static byte[] Break(Random random, byte[] whole)
    {
        var end = whole.AsSpan().IndexOf("\r\n\r\n"u8);
        var lines = Encoding.Latin1.GetString(whole, 0, end).Split("\r\n").ToList();
        var body = whole[(end + 4)..];
        switch (random.Next(8))
        {
            case 0:
                return Mutation.Of(random, whole);
            case 1:
                return whole[..random.Next(whole.Length)];
            case 2:
                lines.Insert(random.Next(1, lines.Count + 1), random.Any(OddLines));
                break;
            case 3:
                lines[0] = random.Any(RequestLines);
                break;
            case 4:
                lines.RemoveAll(line =>
                    line.StartsWith("Host", StringComparison.Ordinal) || line.StartsWith("Content-Length", StringComparison.Ordinal)
                );
                break;
            case 5:
                lines.RemoveAll(line =>
                    line.StartsWith("Content-Length", StringComparison.Ordinal) || line.StartsWith("Transfer-Encoding", StringComparison.Ordinal)
                );
                lines.Add("Transfer-Encoding: chunked");
                body = Encoding.Latin1.GetBytes(random.Any(Chunks));
                break;
            case 6:
                return [.. Encoding.Latin1.GetBytes(string.Join(random.Any(["\n", "\r", "\r\r\n"]), lines)), .. "\n\n"u8, .. body];
            default:
                body = body.Length > 0 ? body[..random.Next(body.Length)] : Mutation.Rubbish(random, 40);
                break;
        }
        return [.. Encoding.Latin1.GetBytes(string.Join("\r\n", lines) + "\r\n\r\n"), .. body];
    }
}
