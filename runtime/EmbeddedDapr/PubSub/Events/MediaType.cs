namespace Dapr.Embedded.PubSub.Events;

/// <summary>How the data of an event is written, told from its content type. <c>application/vnd.x+json</c> is text, as in daprd.</summary>
internal static class MediaType
{
    public static bool IsCloudEvent(string contentType) =>
        contentType.TrimStart().StartsWith(EventFields.ContentType, StringComparison.OrdinalIgnoreCase);

    public static bool IsJson(string contentType) => Is(contentType, "application/json");

    public static bool IsBinary(string contentType) =>
        Is(contentType, "application/octet-stream") || Is(contentType, "application/cloudevents+protobuf");

    private static bool Is(string contentType, string type)
    {
        var semicolon = contentType.IndexOf(';', StringComparison.Ordinal);
        var bare = (semicolon < 0 ? contentType.AsSpan() : contentType.AsSpan(0, semicolon)).Trim();
        return bare.Equals(type, StringComparison.OrdinalIgnoreCase);
    }
}
