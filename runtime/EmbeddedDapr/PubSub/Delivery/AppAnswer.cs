using System.Text.Json;
using Dapr.Embedded.PubSub.Events;
using Dapr.Embedded.Resiliency;

namespace Dapr.Embedded.PubSub.Delivery;

/// <summary>The body of an app's 2xx answer to an event: <c>{"status":"SUCCESS|RETRY|DROP"}</c>, or anything else for success.</summary>
internal static class AppAnswer
{
    public static Attempt<Verdict> ReadVerdict(byte[] body) =>
        Status(body) switch
        {
            null or "" or "SUCCESS" => Verdict.Success,
            "DROP" => Verdict.Drop,
            "RETRY" => new Attempt<Verdict>(Verdict.Retry, new Failure("the app answered RETRY")),
            var other => new Attempt<Verdict>(Verdict.Retry, new Failure($"the app answered status '{other}'; expected SUCCESS, RETRY or DROP")),
        };

    private static string? Status(byte[] body)
    {
        if (body.Length == 0 || body.AsSpan().IndexOf("tatus"u8) < 0)
            return null;
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return null;
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (property.Name.Equals("status", StringComparison.OrdinalIgnoreCase))
                    return JsonText.Of(property.Value);
            }
            return null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
