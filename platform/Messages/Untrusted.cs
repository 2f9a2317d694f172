namespace Dapr.Anomaly.Platform.Messages;

/// <summary>
/// The one door for bytes that others wrote: whatever a parser stumbles over becomes a <see cref="MessageException"/>, so that no content can look
/// like a lost dependency, which would be tried again.
/// </summary>
public static class Untrusted
{
    /// <param name="what">Begins the reason, for example <c>metric batch</c>.</param>
    /// <exception cref="MessageException">The parser did not take the bytes.</exception>
    public static T Read<T>(string what, ReadOnlySpan<byte> bytes, Func<ReadOnlySpan<byte>, T> parse) =>
        Read(what, bytes, parse, static (content, parser) => parser(content));

    /// <inheritdoc cref="Read{T}(string, ReadOnlySpan{byte}, Func{ReadOnlySpan{byte}, T})"/>
    /// <param name="context">What the parser needs beside the bytes.</param>
    public static T Read<T, TContext>(string what, ReadOnlySpan<byte> bytes, TContext context, Func<ReadOnlySpan<byte>, TContext, T> parse)
    {
        try
        {
            return parse(bytes, context);
        }
        catch (Exception e) when (e is not (MessageException or OutOfMemoryException))
        {
            throw new MessageException($"{what}: {e.Message}", e);
        }
    }
}
