using System.Text.Json.Nodes;

namespace Dapr.Conformance.Tests.Transcripts;

/// <summary>One recorded HTTP exchange.</summary>
internal sealed record HttpExchange(
    string Case,
    bool IsToApp,
    string Method,
    string Target,
    IReadOnlyDictionary<string, string> RequestHeaders,
    string RequestBody,
    int Status,
    IReadOnlyDictionary<string, string> ResponseHeaders,
    string ResponseBody,
    IReadOnlySet<string> Volatile
)
{
    /// <summary>Texts that were cut in the recording cannot be sent or compared.</summary>
    public bool IsCut =>
        RequestBody.Contains("…(", StringComparison.Ordinal)
        || ResponseBody.Contains("…(", StringComparison.Ordinal)
        || RequestHeaders.Values.Any(each => each.Contains("…(", StringComparison.Ordinal));

    public bool IsVolatile(string path) => Volatile.Contains(path);

    public static HttpExchange Read(JsonNode line, Func<string, string> translate)
    {
        var request = line["request"]!;
        var response = line["response"]!;
        return new HttpExchange(
            (string)line["case"]!,
            (string)line["direction"]! == "to_app",
            (string)request["method"]!,
            translate((string)request["path"]!),
            Headers(request["headers"]!, translate),
            translate((string?)request["body"] ?? ""),
            (int)response["status"]!,
            Headers(response["headers"]!, translate),
            translate((string?)response["body"] ?? ""),
            line["volatile"]!.AsArray().Select(each => (string)each!).ToHashSet(StringComparer.OrdinalIgnoreCase)
        );
    }

    private static Dictionary<string, string> Headers(JsonNode headers, Func<string, string> translate) =>
        headers.AsObject().ToDictionary(each => each.Key, each => translate(each.Value!.ToString()), StringComparer.OrdinalIgnoreCase);
}
