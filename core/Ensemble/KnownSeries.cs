using System.Text.Json;
using System.Text.Json.Serialization;
using Dapr.Anomaly.Core.Models;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>A series that the model was trained on, as <c>series.json</c> lists it.</summary>
/// <param name="LongRunScale">Robust spread over the training window, in the unit of the series; 0 when it never moved.</param>
/// <param name="NeverNegative">No value of its history was below 0.</param>
/// <param name="NeverAboveOne">A ratio that was never above 1.</param>
/// <param name="IsWhole">Every value was a whole number.</param>
public sealed record KnownSeries(
    string Name,
    SignalKind Kind,
    string Unit,
    IReadOnlyDictionary<string, string> Labels,
    double LongRunScale,
    bool NeverNegative,
    bool NeverAboveOne,
    bool IsWhole
)
{
    public static KnownSeries From(SeriesIdentity identity, double longRunScale, SeriesDomain domain) =>
        new(
            identity.Name,
            identity.Kind,
            identity.Unit,
            identity.Labels.ToDictionary(),
            longRunScale,
            domain.Lowest == 0,
            domain.Highest == 1,
            domain.IsWhole
        );

    [JsonIgnore]
    public SeriesDomain Domain => new(NeverNegative ? 0 : double.NegativeInfinity, NeverAboveOne ? 1 : double.PositiveInfinity, IsWhole);

    public SeriesIdentity ToIdentity() => new(Name, Kind, Unit, new Labels(Labels));

    public static byte[] ToJson(IEnumerable<KnownSeries> series) => JsonSerializer.SerializeToUtf8Bytes(series, ModelManifest.Json);

    /// <exception cref="InvalidDataException">Not a list of series.</exception>
    public static IReadOnlyList<KnownSeries> FromJson(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<KnownSeries[]>(json, ModelManifest.Json)
                ?? throw new InvalidDataException($"{EnsembleFiles.Series} is empty");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{EnsembleFiles.Series}: {error.Message}", error);
        }
    }
}
