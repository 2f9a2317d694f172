using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Platform.Messages;

/// <summary>Answer of <c>GET /v1/forecast/{series}</c> of the forecaster.</summary>
/// <param name="Coverage">Share of values that the interval is meant to enclose.</param>
public sealed record ForecastV1(SeriesId Series, string ModelVersion, double Coverage, IReadOnlyList<ForecastPointV1> Points);

public sealed record ForecastPointV1(DateTimeOffset Timestamp, double Expected, double Lower, double Upper);
