using System.Text.Json;

namespace Dapr.Anomaly.Platform.Messages;

/// <summary>Reads messages that are JSON.</summary>
public static class JsonMessage
{
    /// <exception cref="MessageException">Not such a message; the message says where.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> content)
        where T : class => Read<T>(typeof(T).Name, content.Span);

    /// <param name="what">What the reason begins with.</param>
    /// <exception cref="MessageException">Not such a message; the message says where.</exception>
    internal static T Read<T>(string what, ReadOnlySpan<byte> content)
        where T : class =>
        Untrusted.Read(
            what,
            content,
            what,
            static (json, name) =>
            {
                try
                {
                    return JsonSerializer.Deserialize<T>(json, MessageJson.Options) ?? throw new MessageException($"{name}: null");
                }
                catch (JsonException e)
                {
                    throw new MessageException($"{name}: {e.Path}: {e.Message}", e);
                }
            }
        );
}
