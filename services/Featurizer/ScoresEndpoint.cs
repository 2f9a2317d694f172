using Dapr.Anomaly.Featurizer.Windows;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Dapr.Anomaly.Featurizer;

/// <summary><c>GET /scores</c>: the latest scores, to be scraped by Prometheus.</summary>
internal static class ScoresEndpoint
{
    /// <summary>What every Prometheus reads.</summary>
    private const string Plain = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>With names of labels in quotes, for Prometheus 3.</summary>
    private const string Quoted = "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8";

    public static void MapScores(this IEndpointRouteBuilder routes) => routes.MapGet("/scores", Write);

    private static ContentHttpResult Write(HttpRequest request, Shards shards, TimeProvider time)
    {
        var quoted = TakesQuotedText(request.Headers.Accept.ToString());
        return TypedResults.Text(ScoreExposition.Write(shards.Series, time.GetUtcNow(), quoted), quoted ? Quoted : Plain);
    }

    /// <summary>Whether one of the offers is <c>text/plain</c> with <c>escaping=allow-utf-8</c>.</summary>
    public static bool TakesQuotedText(string accept) =>
        accept
            .Split(',', StringSplitOptions.TrimEntries)
            .Select(offer => offer.Split(';', StringSplitOptions.TrimEntries))
            .Any(offer =>
                offer[0].Equals("text/plain", StringComparison.OrdinalIgnoreCase)
                && offer.Contains("escaping=allow-utf-8", StringComparer.OrdinalIgnoreCase)
            );
}
