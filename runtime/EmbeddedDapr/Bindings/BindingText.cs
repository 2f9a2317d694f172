using System.Text;
using System.Text.Json;

namespace Dapr.Embedded.Bindings;

/// <summary>Data that components take as text: a JSON string loses its quotes, all else stays as it is.</summary>
internal static class BindingText
{
    public static byte[] Unquoted(ReadOnlyMemory<byte> data)
    {
        var span = data.Span;
        if (span.Length < 2 || span[0] != (byte)'"' || span[^1] != (byte)'"')
            return data.ToArray();
        try
        {
            return Encoding.UTF8.GetBytes(JsonSerializer.Deserialize<string>(span) ?? "");
        }
        catch (JsonException)
        {
            return data.ToArray();
        }
    }
}
