using System.Text.Json;
using System.Text.Json.Serialization;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Platform.Messages;

/// <summary>
/// The one JSON form of every message: camelCase, enums by name (states of series in snake_case, as in metrics), absent rather than null. What a
/// record needs has to be there.
/// </summary>
public static class MessageJson
{
    public static readonly JsonSerializerOptions Options = Create();

    /// <summary>Applies the same rules to options owned by a framework.</summary>
    public static void Configure(JsonSerializerOptions options)
    {
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        // As in metrics: warming_up, no_data.
        options.Converters.Add(new JsonStringEnumConverter<SeriesState>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
        options.Converters.Add(new SeriesIdentityJson());
        JsonContent.Apply(options);
    }

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        Configure(options);
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
