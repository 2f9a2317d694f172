using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Platform.Messages;

/// <summary>A series on the wire.</summary>
/// <param name="Id">Sixteen hexadecimal digits, see <see cref="SeriesId"/>.</param>
public sealed record SeriesV1(string Id, string Name, SignalKind Kind, string Unit, IReadOnlyDictionary<string, string> Labels)
{
    public static SeriesV1 From(SeriesIdentity series) =>
        new(series.Id.ToString(), series.Name, series.Kind, series.Unit, series.Labels.ToDictionary());

    public SeriesIdentity ToIdentity() => new(Name, Kind, Unit, new Labels(Labels));
}
