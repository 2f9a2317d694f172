using System.Text.Json;

namespace Dapr.Embedded.PubSub.Events;

/// <summary>Strings of JSON that others wrote: half a surrogate pair (<c>"\ud800"</c>) is JSON, but no text, and must not stop an event.</summary>
internal static class JsonText
{
    /// <summary>The text of a string; null for any other value.</summary>
    public static string? Of(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
            return null;
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return value.GetRawText();
        }
    }
}
