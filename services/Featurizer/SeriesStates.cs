using System.Text.Json;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Featurizer.Windows;

namespace Dapr.Anomaly.Featurizer;

/// <summary>In which state a series is: what its window says, unless scoring knows better.</summary>
internal static class SeriesStates
{
    /// <summary>As long as Prometheus looks back, and longer for series of long steps.</summary>
    private static readonly TimeSpan StaleAfter = TimeSpan.FromMinutes(5);

    public static (SeriesState State, string Reason) Of(TrackedSeries series, DateTimeOffset now)
    {
        var steps = ScoreExposition.FreshSteps * series.Window.Step;
        var window = series.Window.StateAt(now, steps > StaleAfter ? steps : StaleAfter);
        return window.State == SeriesState.Ok && series.LastScore is { State: not SeriesState.Ok } score ? (score.State, score.Reason ?? "") : window;
    }
}

internal static class StateNames
{
    /// <summary><c>warming_up</c>, <c>ok</c>, …: the form of metrics and pages.</summary>
    public static string Of(SeriesState state) => JsonNamingPolicy.SnakeCaseLower.ConvertName(state.ToString());
}
