using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Registry;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Dapr.Anomaly.Forecaster;

internal static class ForecastEndpoints
{
    private const int DefaultMinutes = 30;
    private const int MaxMinutes = 24 * 60;
    private const double Coverage = 0.8;

    public static void MapForecasts(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/forecast/{series}", Forecast);
        routes.MapChampion<SeasonalForecasts>();
    }

    /// <summary>Expected value and 80 % interval for each of the coming minutes.</summary>
    private static Results<Ok<ForecastV1>, ProblemHttpResult> Forecast(
        string series,
        int? minutes,
        ChampionWatcher<SeasonalForecasts> champion,
        TimeProvider time
    )
    {
        var ahead = minutes ?? DefaultMinutes;
        if (ahead is < 1 or > MaxMinutes)
            return TypedResults.Problem($"minutes: {ahead} is outside 1 to {MaxMinutes}", statusCode: StatusCodes.Status400BadRequest);
        if (!SeriesId.TryParse(series, null, out var id))
            return TypedResults.Problem($"series: \"{series}\" is not an id of 16 hexadecimal digits", statusCode: StatusCodes.Status400BadRequest);
        using var served = champion.Lease();
        if (served is null)
            return TypedResults.Problem("no model has been deployed yet", statusCode: StatusCodes.Status503ServiceUnavailable);
        if (!served.Model.Knows(id))
            return TypedResults.Problem(
                $"series: model v{served.Version} has no seasonal model of {series}",
                statusCode: StatusCodes.Status404NotFound
            );

        var first = time.GetUtcNow();
        DateTimeOffset[] times = [.. Enumerable.Range(1, ahead).Select(m => first.AddMinutes(m))];
        var expectations = served.Model.Of(id).Predict([.. times.Select(_ => id)], [.. times.Select(t => t.ToUnixTimeMilliseconds() / 1000.0)]);
        return TypedResults.Ok(
            new ForecastV1(
                id,
                served.Version,
                Coverage,
                [
                    .. times.Zip(
                        expectations,
                        (at, expected) =>
                        {
                            var interval = expected.Interval(Coverage);
                            return new ForecastPointV1(at, interval.Expected, interval.Lower, interval.Upper);
                        }
                    ),
                ]
            )
        );
    }
}
