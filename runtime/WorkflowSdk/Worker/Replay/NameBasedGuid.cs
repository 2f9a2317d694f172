using System.Security.Cryptography;
using System.Text;

namespace Dapr.Workflow.Worker.Replay;

/// <summary>Version 5 UUIDs (RFC 9562, section 5.5): the same name in the same namespace gives the same value.</summary>
internal static class NameBasedGuid
{
    public static Guid Create(Guid scope, string name)
    {
        var text = Encoding.UTF8.GetBytes(name);
        var hashed = new byte[16 + text.Length];
        scope.TryWriteBytes(hashed, bigEndian: true, out _);
        text.CopyTo(hashed, 16);

        Span<byte> digest = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(hashed, digest);
        var value = digest[..16];
        value[6] = (byte)((value[6] & 0x0F) | 0x50);
        value[8] = (byte)((value[8] & 0x3F) | 0x80);
        return new Guid(value, bigEndian: true);
    }

    /// <summary>A namespace made of any text: the text itself where it is a GUID, else a value made from it.</summary>
    public static Guid ScopeOf(string text) => Guid.TryParse(text, out var guid) ? guid : Create(Guid.Empty, text);
}
