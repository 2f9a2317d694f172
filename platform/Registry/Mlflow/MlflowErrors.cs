using System.Net;
using System.Text;
using System.Text.Json;

namespace Dapr.Anomaly.Platform.Registry.Mlflow;

/// <summary>Reads MLflow's error answers: JSON with <c>error_code</c>, or the text and HTML of the layers in front of it.</summary>
internal static class MlflowErrors
{
    private const int Shown = 200;

    public static MlflowException Read(Uri server, string call, HttpResponseMessage answer, byte[] body)
    {
        var (code, message) = Parse(body);
        var failure = code is null ? WithoutCode(answer.StatusCode, message) : WithCode(code, answer.StatusCode);
        var wait = answer.Headers.RetryAfter?.Delta;
        return new(
            failure,
            $"MLflow at {server.GetLeftPart(UriPartial.Path)} answered {call} with {(int)answer.StatusCode} {code ?? "text"}: "
                + $"{Short(message)}{Advice(server, answer.StatusCode, code, message)}"
        )
        {
            RetryAfter = wait,
        };
    }

    public static MlflowException NotJson(Uri server, string call, byte[] body) =>
        new(
            MlflowFailure.Setup,
            $"MLflow at {server.GetLeftPart(UriPartial.Path)} answered {call} with something that is not JSON: "
                + $"{Short(Encoding.UTF8.GetString(body))}; is {MlflowSettings.TrackingKey} the server itself and not a login page?"
        );

    public static MlflowException Unreachable(Uri server, string call, Exception error) =>
        new(
            MlflowFailure.Unreachable,
            $"MLflow at {server.GetLeftPart(UriPartial.Path)} does not answer {call}: {Short(error.Message)}; "
                + $"check {MlflowSettings.TrackingKey} and the server",
            error
        );

    private static MlflowFailure WithCode(string code, HttpStatusCode status) =>
        code switch
        {
            "RESOURCE_DOES_NOT_EXIST" or "NOT_FOUND" => MlflowFailure.NotFound,
            "RESOURCE_ALREADY_EXISTS" or "ALREADY_EXISTS" => MlflowFailure.AlreadyExists,
            "UNAUTHENTICATED" or "PERMISSION_DENIED" or "FEATURE_DISABLED" => MlflowFailure.Setup,
            "NOT_IMPLEMENTED" => MlflowFailure.Refused,
            _ => Transient(status) ? MlflowFailure.Unreachable : MlflowFailure.Refused,
        };

    private static MlflowFailure WithoutCode(HttpStatusCode status, string message) =>
        status switch
        {
            HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed => MlflowFailure.UnknownRoute,
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => MlflowFailure.Setup,
            HttpStatusCode.ServiceUnavailable when ProxyOff(message) => MlflowFailure.Setup,
            HttpStatusCode.BadRequest => MlflowFailure.Refused,
            // Redirects to a login page, 413 and the like come from something in front of the server.
            _ => Transient(status) ? MlflowFailure.Unreachable : MlflowFailure.Setup,
        };

    private static bool Transient(HttpStatusCode status) => (int)status is 408 or 409 or 429 or 499 or 500 or 502 or 503 or 504;

    private static bool ProxyOff(string message) =>
        message.Contains("--serve-artifacts", StringComparison.Ordinal) || message.Contains("--artifacts-only", StringComparison.Ordinal);

    private static string Advice(Uri server, HttpStatusCode status, string? code, string message) =>
        (status, code) switch
        {
            (HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed, null) =>
                $"; is {MlflowSettings.TrackingKey} an MLflow server, with its path if it has one?",
            (HttpStatusCode.Unauthorized, _) => "; set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD",
            (HttpStatusCode.Forbidden, null) when message.Contains("Host header", StringComparison.Ordinal) =>
                $"; start the server with MLFLOW_SERVER_ALLOWED_HOSTS={server.Authority}",
            (HttpStatusCode.Forbidden, _) => "; the user may read but not write here: grant it permission",
            (_, "FEATURE_DISABLED") => "; the server has no workspaces: remove MLFLOW_WORKSPACE",
            (HttpStatusCode.ServiceUnavailable, null) when ProxyOff(message) => "; start the server with --serve-artifacts",
            _ => "",
        };

    private static (string? Code, string Message) Parse(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            if (
                json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("error_code", out var code)
                && code.ValueKind == JsonValueKind.String
            )
                return (code.GetString(), json.RootElement.TryGetProperty("message", out var message) ? message.ToString() : "");
        }
        catch (JsonException)
        {
            // Text or HTML: shown as it is.
        }
        return (null, Encoding.UTF8.GetString(body));
    }

    private static string Short(string text)
    {
        var line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length > Shown ? line[..Shown] + "…" : line;
    }
}
