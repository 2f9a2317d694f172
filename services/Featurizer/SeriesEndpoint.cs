using System.Text.RegularExpressions;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Featurizer.Windows;
using Dapr.Anomaly.Platform.Messages;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Dapr.Anomaly.Featurizer;

/// <summary><c>GET /v1/series</c>: watched series by selector, page by page, each with its state and latest score.</summary>
internal static class SeriesEndpoint
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 1_000;

    public static void MapSeries(this IEndpointRouteBuilder routes) => routes.MapGet("/v1/series", List);

    /// <param name="match">A Prometheus selector; all series when absent.</param>
    /// <param name="limit">Series a page, 1 to 1,000.</param>
    /// <param name="after">The <c>next</c> of the page before.</param>
    private static Results<Ok<SeriesPageV1>, ProblemHttpResult> List(Shards shards, TimeProvider time, string? match, int? limit, string? after)
    {
        var now = time.GetUtcNow();
        var selector = Selector.All;
        if (match is not null && !Selector.TryParse(match, out selector!, out var problem))
            return Bad($"match: {problem}");
        var size = limit ?? DefaultLimit;
        if (size is < 1 or > MaxLimit)
            return Bad($"limit: {size} is outside 1 to {MaxLimit}");
        var first = default(SeriesId);
        if (after is not null && !SeriesId.TryParse(after, null, out first))
            return Bad($"after: \"{after}\" is not the next of a page");

        TrackedSeries[] found;
        try
        {
            found =
            [
                .. shards
                    .Series.Where(s => (after is null || s.Series.Id.Fingerprint > first.Fingerprint) && selector.Matches(s.Series))
                    .OrderBy(s => s.Series.Id.Fingerprint)
                    .Take(size + 1),
            ];
        }
        catch (RegexMatchTimeoutException)
        {
            return Bad("match: a regular expression takes too long");
        }
        return TypedResults.Ok(
            new SeriesPageV1([.. found.Take(size).Select(s => Status(s, now))], found.Length > size ? found[size - 1].Series.Id : null)
        );
    }

    private static SeriesStatusV1 Status(TrackedSeries series, DateTimeOffset now)
    {
        var (state, reason) = SeriesStates.Of(series, now);
        return new(series.Series, state, reason, series.LastScore);
    }

    private static ProblemHttpResult Bad(string detail) => TypedResults.Problem(detail, statusCode: StatusCodes.Status400BadRequest);
}
