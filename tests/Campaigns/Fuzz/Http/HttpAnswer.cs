using System.Globalization;
using System.Text;

namespace Dapr.Anomaly.Campaigns.Tests.Fuzz.Http;

/// <param name="Headers">Names in lower case; the first value of each.</param>
internal sealed record HttpAnswer(int Status, IReadOnlyDictionary<string, string> Headers, string Body, bool Closes)
{
    public string ContentType => Headers.GetValueOrDefault("content-type", "");

    /// <summary>Reads one answer off the beginning of what has come; null while it is not whole.</summary>
    /// <param name="isEnd">Nothing more will come.</param>
    /// <param name="length">How many bytes it took.</param>
    /// <exception cref="FormatException">It is no HTTP.</exception>
    public static HttpAnswer? Read(ReadOnlySpan<byte> received, bool hasBody, bool isEnd, out int length)
    {
        length = 0;
        var end = received.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return received.Length == 0 || !isEnd
                ? null
                : throw new FormatException($"an answer that breaks off: {Encoding.Latin1.GetString(received)}");
        var lines = Encoding.Latin1.GetString(received[..end]).Split("\r\n");
        if (
            !lines[0].StartsWith("HTTP/1.1 ", StringComparison.Ordinal)
            || !int.TryParse(lines[0].AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status)
        )
            throw new FormatException($"no status line: {lines[0]}");
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in lines.AsSpan(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
                throw new FormatException($"no header: {line}");
            headers.TryAdd(line[..colon].ToLowerInvariant(), line[(colon + 1)..].Trim());
        }
        var rest = received[(end + 4)..];
        var body = ReadBody(rest, headers, hasBody && status is not (204 or 304) and >= 200, isEnd, out var bodyLength);
        if (body is null)
            return null;
        length = end + 4 + bodyLength;
        if (status < 200)
        {
            var next = Read(received[length..], hasBody, isEnd, out var nextLength);
            length += nextLength;
            return next;
        }
        var closes = headers.GetValueOrDefault("connection", "").Contains("close", StringComparison.OrdinalIgnoreCase);
        return new HttpAnswer(status, headers, body, closes);
    }

    private static string? ReadBody(ReadOnlySpan<byte> rest, Dictionary<string, string> headers, bool hasBody, bool isEnd, out int length)
    {
        length = 0;
        if (!hasBody)
            return "";
        if (headers.TryGetValue("content-length", out var text))
        {
            length = int.Parse(text, CultureInfo.InvariantCulture);
            return rest.Length >= length ? Encoding.UTF8.GetString(rest[..length])
                : isEnd ? throw new FormatException("a body that breaks off")
                : null;
        }
        if (!headers.ContainsKey("transfer-encoding"))
        {
            length = rest.Length;
            return isEnd || rest.Length == 0 ? Encoding.UTF8.GetString(rest) : null;
        }
        var body = new List<byte>();
        while (true)
        {
            var line = rest[length..].IndexOf("\r\n"u8);
            if (line < 0)
                return isEnd ? throw new FormatException("chunks that break off") : null;
            var size = int.Parse(Encoding.ASCII.GetString(rest.Slice(length, line)), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (rest.Length < length + line + 2 + size + 2)
                return isEnd ? throw new FormatException("chunks that break off") : null;
            body.AddRange(rest.Slice(length + line + 2, size));
            length += line + 2 + size + 2;
            if (size == 0)
                return Encoding.UTF8.GetString([.. body]);
        }
    }
}
