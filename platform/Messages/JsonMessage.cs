using System.Text.Json;

namespace Dapr.Anomaly.Platform.Messages;

/// <summary>Reads messages that are JSON.</summary>
public static class JsonMessage
{
    /// <exception cref="MessageException">Not such a message; the message says where.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> content)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(content.Span, MessageJson.Options) ?? throw new MessageException($"{typeof(T).Name}: null");
        }
        catch (JsonException e)
        {
            throw new MessageException($"{typeof(T).Name}: {e.Path}: {e.Message}", e);
        }
        catch (ArgumentException e)
        {
            throw new MessageException($"{typeof(T).Name}: {e.Message}", e);
        }
    }
}
