using System.Globalization;
using Dapr.Anomaly.Platform.Prometheus;

namespace Dapr.Anomaly.Simulator.Api;

/// <summary>Parameters of a request, from the query string or the form body, as Prometheus takes both.</summary>
internal sealed class QueryRequest(IReadOnlyDictionary<string, Microsoft.Extensions.Primitives.StringValues> values)
{
    public static async Task<QueryRequest> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var values = request.Query.ToDictionary(static q => q.Key, static q => q.Value);
        if (request.HasFormContentType)
            foreach (var (name, value) in await request.ReadFormAsync(cancellationToken))
                values[name] = value;
        return new(values);
    }

    public IReadOnlyList<string> All(string name) => values.TryGetValue(name, out var all) ? [.. all.OfType<string>()] : [];

    public string Text(string name) => All(name) is [var only, ..] ? only : throw new BadRequest($"invalid parameter \"{name}\": missing");

    /// <summary>Unix milliseconds, of seconds with fraction or of RFC 3339.</summary>
    public long Time(string name, long? fallback)
    {
        if (All(name) is not [{ Length: > 0 } text, ..])
            return fallback ?? throw new BadRequest($"invalid parameter \"{name}\": cannot parse \"\" to a valid timestamp");
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds))
            return (long)Math.Round(seconds * 1000);
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time.ToUnixTimeMilliseconds()
            : throw new BadRequest($"invalid parameter \"{name}\": cannot parse \"{text}\" to a valid timestamp");
    }

    public long StepMs()
    {
        var text = Text("step");
        var ms =
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) ? seconds * 1000
            : PromDuration.TryParse(text, out var duration) ? duration.TotalMilliseconds
            : throw new BadRequest($"invalid parameter \"step\": cannot parse \"{text}\" to a valid duration");
        return ms >= 1
            ? (long)ms
            : throw new BadRequest(
                "invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a positive integer"
            );
    }
}

/// <summary>The caller's mistake; answered with 400 and <c>bad_data</c>.</summary>
internal sealed class BadRequest(string message) : Exception(message);
