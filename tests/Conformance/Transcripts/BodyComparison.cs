using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dapr.Conformance.Tests.Transcripts;

/// <summary>
/// Compares a body with the recorded one. Volatile members only have to be there; the text of an error is for humans and has to be
/// there, its code and details have to be the same. Etags are noted, since later requests of a case send them back.
/// </summary>
/// <param name="ownAttributes">
/// Metadata attributes that this case set. The recording was made with one sidecar for all cases, so it shows attributes of cases before this
/// one, too; those are not asked for.
/// </param>
internal sealed class BodyComparison(Func<string, bool> isVolatile, IReadOnlyCollection<string>? ownAttributes = null)
{
    /// <summary>Members that depend on the installation, wherever they are.</summary>
    private static readonly string[] OfInstallation =
    [
        "fileName",
        "enabledFeatures",
        "runtimeVersion",
        "daprRuntimeVersion",
        "components",
        "actorRuntime",
        "scheduler",
        "workflows",
        "appConnectionProperties",
    ];

    /// <summary>An event inside an event.</summary>
    private static readonly BodyComparison Envelope = new(name => name is "id" or "time" or "traceid" or "traceparent" or "tracestate");

    public Dictionary<string, string> Etags { get; } = [];

    /// <summary>Null where they agree, else what differs.</summary>
    public string? Difference(string recorded, byte[] actual)
    {
        if (recorded.StartsWith("base64:", StringComparison.Ordinal))
            return Convert.FromBase64String(recorded["base64:".Length..]).AsSpan().SequenceEqual(actual) ? null : "the bytes differ";
        var text = Encoding.UTF8.GetString(actual);
        if (!TryParse(recorded, out var expected))
            return recorded == text ? null : $"the text is '{text}', recorded was '{recorded}'";
        return TryParse(text, out var seen) ? Difference(expected, seen, "$") : $"'{text}' is not JSON, recorded was '{recorded}'";
    }

    private string? Difference(JsonNode? expected, JsonNode? seen, string path)
    {
        switch (expected, seen)
        {
            case (JsonObject want, JsonObject have):
                var isText = want.ContainsKey("errorCode") || IsDetail(path);
                foreach (var (name, value) in want)
                {
                    if (
                        OfInstallation.Contains(name)
                        || (path.EndsWith(".extended", StringComparison.Ordinal) && ownAttributes?.Contains(name) != true)
                    )
                        continue;
                    if (!have.TryGetPropertyValue(name, out var other))
                        return $"{path}.{name} is missing; recorded was {value?.ToJsonString()}";
                    if (string.Equals(name, "etag", StringComparison.OrdinalIgnoreCase) && value is not null && other is not null)
                        Etags[value.ToString()] = other.ToString();
                    if (isVolatile(name) || (isText && name is "message" or "description" or "error" && other is not null))
                        continue;
                    if (name == "data_base64" && value is not null && other is not null)
                    {
                        if (Envelope.Difference(Decoded(value), Convert.FromBase64String(other.ToString())) is { } inside)
                            return $"{path}.{name}: {inside}";
                        continue;
                    }

                    if (Difference(value, other, $"{path}.{name}") is { } difference)
                        return difference;
                }

                // Details may say more than daprd's, never less; attributes of the metadata may come from other tests.
                var surplus =
                    IsDetail(path) || path.EndsWith(".extended", StringComparison.Ordinal)
                        ? null
                        : have.Select(each => each.Key).Except(want.Select(each => each.Key)).FirstOrDefault(each => !OfInstallation.Contains(each));
                return surplus is null ? null : $"{path}.{surplus} was not recorded; it is {have[surplus]?.ToJsonString()}";
            case (JsonArray want, JsonArray have):
                if (want.Count != have.Count)
                    return $"{path} has {have.Count} elements, recorded were {want.Count}";
                if (path.EndsWith(".subscriptions", StringComparison.Ordinal))
                    return want.FirstOrDefault(each => !have.Any(other => Difference(each, other, path) is null)) is { } missing
                        ? $"{path} lacks {missing.ToJsonString()}"
                        : null;
                return want.Zip(have)
                    .Select((pair, index) => Difference(pair.First, pair.Second, $"{path}[{index}]"))
                    .FirstOrDefault(each => each is not null);
            case (JsonValue want, JsonValue have) when want.GetValueKind() == JsonValueKind.Number && have.GetValueKind() == JsonValueKind.Number:
                return want.GetValue<double>().Equals(have.GetValue<double>())
                    ? null
                    : $"{path} is {have.ToJsonString()}, recorded was {want.ToJsonString()}";
            case (null, JsonObject { Count: 0 }) or (JsonObject { Count: 0 }, null) when IsDetail(path):
                return null;
            default:
                return JsonNode.DeepEquals(expected, seen)
                    ? null
                    : $"{path} is {seen?.ToJsonString() ?? "null"}, recorded was {expected?.ToJsonString() ?? "null"}";
        }
    }

    private static bool IsDetail(string path) => path.StartsWith("$.details", StringComparison.Ordinal);

    private static string Decoded(JsonNode base64) => Encoding.UTF8.GetString(Convert.FromBase64String(base64.ToString()));

    private static bool TryParse(string text, out JsonNode? node)
    {
        node = null;
        if (text.Length == 0 || text[0] is not ('{' or '['))
            return false;
        try
        {
            node = JsonNode.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
