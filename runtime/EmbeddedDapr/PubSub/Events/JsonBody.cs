using System.Text.Json;
using System.Text.Unicode;

namespace Dapr.Embedded.PubSub.Events;

/// <summary>Checks of bodies that may or may not be JSON.</summary>
internal static class JsonBody
{
    /// <summary>Deep enough for any honest event, and bounded for the rest.</summary>
    public const int MaxDepth = 256;

    /// <summary>For documents around a body that was checked: their depth is one more.</summary>
    public static readonly JsonDocumentOptions Documents = new() { MaxDepth = MaxDepth + 8 };

    /// <summary>Whether the bytes are exactly one JSON value in UTF-8.</summary>
    public static bool IsJson(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || !Utf8.IsValid(bytes))
            return false;
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            while (reader.Read()) { }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
