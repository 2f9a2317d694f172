using System.Text.Json;
using System.Text.RegularExpressions;

namespace Dapr.Anomaly.Campaigns.Tests.Fuzz.Http;

/// <summary>Says what is wrong with an answer, or what kind of right answer it is. The table is that of Dapr's HTTP API, 1.18.</summary>
internal static partial class HttpOracle
{
    private static readonly IReadOnlySet<string> Documented = new HashSet<string>(StringComparer.Ordinal)
    {
        "400 ERR_MALFORMED_REQUEST",
        "404 ERR_DIRECT_INVOKE",
        "500 ERR_DIRECT_INVOKE",
        "403 ERR_DIRECT_INVOKE",
        "500 ERR_STATE_GET",
        "400 ERR_STATE_SAVE",
        "409 ERR_STATE_SAVE",
        "500 ERR_STATE_SAVE",
        "400 ERR_STATE_DELETE",
        "409 ERR_STATE_DELETE",
        "500 ERR_STATE_DELETE",
        "500 ERR_STATE_BULK_GET",
        "400 ERR_NOT_SUPPORTED_STATE_OPERATION",
        "500 ERR_STATE_STORE_NOT_SUPPORTED",
        "500 ERR_STATE_TRANSACTION",
        "500 ERR_STATE_QUERY",
        "400 ERR_STATE_STORE_NOT_FOUND",
        "404 ERR_PUBSUB_NOT_FOUND",
        "403 ERR_PUBSUB_FORBIDDEN",
        "400 ERR_PUBSUB_REQUEST_METADATA",
        "500 ERR_PUBSUB_CLOUD_EVENTS_SER",
        "500 ERR_PUBSUB_PUBLISH_MESSAGE",
        "400 ERR_PUBSUB_EVENTS_SER",
        "500 ERR_INVOKE_OUTPUT_BINDING",
        "401 ERR_SECRET_STORE_NOT_FOUND",
        "403 ERR_PERMISSION_DENIED",
        "500 ERR_SECRET_GET",
        "400 ERR_CONFIGURATION_STORE_NOT_FOUND",
        "500 ERR_CONFIGURATION_GET",
        "500 ERR_CONFIGURATION_SUBSCRIBE",
        "500 ERR_APP_CHANNEL_NIL",
        "400 ERR_LOCK_STORE_NOT_FOUND",
        "500 ERR_TRY_LOCK",
        "500 ERR_UNLOCK",
        "500 ERR_HEALTH_APPID_NOT_MATCH",
        "400 ERR_INSTANCE_ID_INVALID",
        "400 ERR_INSTANCE_ID_TOO_LONG",
        "500 ERR_START_WORKFLOW",
        "404 ERR_INSTANCE_ID_NOT_FOUND",
        "500 ERR_GET_WORKFLOW",
        "500 ERR_RAISE_EVENT_WORKFLOW",
        "500 ERR_TERMINATE_WORKFLOW",
        "500 ERR_PAUSE_WORKFLOW",
        "500 ERR_RESUME_WORKFLOW",
        "500 ERR_PURGE_WORKFLOW",
    };

    /// <summary>The kind of answer: "success", "answer of the app", "400 ERR_…", "text 431".</summary>
    /// <exception cref="OracleException">It is none that Dapr gives.</exception>
    public static string Judge(HttpProbe probe, HttpAnswer answer, bool needsToken)
    {
        if (answer.Headers.ContainsKey(EchoApp.Mark))
            return "answer of the app";
        // A workflow's state tells of the failure of its app, stack and all.
        if (answer.Status >= 400 && Leak(answer.Body) is { } leak)
            throw new OracleException($"{answer.Status} tells of its inside ({leak}): {answer.Body}");
        if (answer.Status == 401 && (answer.Body == "invalid api token\n" || probe.Verb == "HEAD"))
            return needsToken && (!probe.HasToken || !probe.IsHttp) ? "text 401" : throw new OracleException("401 although it has the token");
        if (
            needsToken
            && !probe.HasToken
            && probe.IsHttp
            && !IsTextRefusal(answer)
            && !IsHealth(probe)
            && !(probe.Verb == "HEAD" && answer.Status is 400 or 431)
        )
            throw new OracleException($"{answer.Status} without the API token: {answer.Body}");
        if (answer.Status < 400)
            return "success";
        if (IsTextRefusal(answer))
            return $"text {answer.Status}";
        if (
            probe.Verb == "HEAD"
            && (
                answer.ContentType.StartsWith("application/json", StringComparison.Ordinal)
                || answer.ContentType.StartsWith("text/plain", StringComparison.Ordinal)
            )
        )
            return $"{answer.Status} HEAD";
        return $"{answer.Status} {Code(answer)}";
    }

    private static string Code(HttpAnswer answer)
    {
        if (!answer.ContentType.StartsWith("application/json", StringComparison.Ordinal))
            throw new OracleException($"{answer.Status} with content type \"{answer.ContentType}\": {answer.Body}");
        JsonElement error;
        try
        {
            using var document = JsonDocument.Parse(answer.Body);
            error = document.RootElement.Clone();
        }
        catch (JsonException)
        {
            throw new OracleException($"{answer.Status} is no JSON: {answer.Body}");
        }
        if (
            error.ValueKind == JsonValueKind.Object
            && error.TryGetProperty("failedEntries", out _)
            && error.GetProperty("errorCode").GetString() == "ERR_PUBSUB_PUBLISH_MESSAGE"
        )
            return "failed entries";
        if (
            error.ValueKind == JsonValueKind.Object
            && error.TryGetProperty("message", out var message)
            && message.GetString() is { Length: > 0 } text
        )
        {
            if (answer.Status == 500 && text.StartsWith("failed to unsubscribe to configuration request", StringComparison.Ordinal))
                return "unsubscribe";
            if (error.TryGetProperty("errorCode", out var code) && Documented.Contains($"{answer.Status} {code.GetString()}"))
                return code.GetString()!;
        }
        throw new OracleException($"{answer.Status} is no error of Dapr: {answer.Body}");
    }

    /// <summary>What an unhandled exception, its type or its stack would look like.</summary>
    public static string? Leak(string text) => Inside().Match(text) is { Success: true } found ? found.Value : null;

    /// <summary>What is no HTTP is refused in the words of Go's server: the status again.</summary>
    private static bool IsTextRefusal(HttpAnswer answer) =>
        answer.ContentType.StartsWith("text/plain", StringComparison.Ordinal)
        && (
            (
                answer.Status is 400 or 405 or 408 or 411 or 413 or 414 or 431 or 505
                && answer.Closes
                && answer.Body.StartsWith($"{answer.Status} ", StringComparison.Ordinal)
            ) || (answer.Status == 400 && answer.Body.StartsWith("invalid baggage header: ", StringComparison.Ordinal))
        );

    private static bool IsHealth(HttpProbe probe) =>
        System
            .Text.Encoding.Latin1.GetString(probe.Bytes.AsSpan(0, Math.Min(200, probe.Bytes.Length)))
            .Contains("/healthz", StringComparison.Ordinal);

    [GeneratedRegex(
        @"Object reference|Exception|   at [A-Z]|System\.[A-Z]|Microsoft\.|Dapr\.Embedded"
            + @"|StackTrace|Nullable object|Sequence contains|Specified argument|Value cannot be null|Index was outside"
    )]
    private static partial Regex Inside();
}
