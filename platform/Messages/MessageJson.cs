using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dapr.Anomaly.Platform.Messages;

/// <summary>The one JSON form of every message: camelCase, enums by name, absent rather than null.</summary>
public static class MessageJson
{
    public static readonly JsonSerializerOptions Options = Create();

    /// <summary>Applies the same rules to options owned by a framework.</summary>
    public static void Configure(JsonSerializerOptions options)
    {
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
        options.Converters.Add(new SeriesIdentityJson());
    }

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        Configure(options);
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
