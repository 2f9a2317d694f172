using System.Text;

namespace Dapr.Embedded.Invocation;

/// <summary>The path of an invoked method: decoded, dot segments resolved, so that access control and the app see the same.</summary>
internal static class MethodPath
{
    private const string Plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/$&+,:;=@!'()*";

    /// <summary>Decodes and cleans; no leading slash, a trailing one stays.</summary>
    public static string Clean(string escaped)
    {
        var decoded = Uri.UnescapeDataString(escaped);
        var kept = new List<string>();
        foreach (var segment in decoded.Split('/'))
        {
            if (segment == "..")
            {
                if (kept.Count > 0)
                    kept.RemoveAt(kept.Count - 1);
            }
            else if (segment is not ("" or "."))
                kept.Add(segment);
        }
        var clean = string.Join('/', kept);
        return clean.Length > 0 && decoded.EndsWith('/') ? clean + "/" : clean;
    }

    public static string Escape(string method)
    {
        if (!method.AsSpan().ContainsAnyExcept(Plain))
            return method;
        var escaped = new StringBuilder(method.Length + 16);
        foreach (var octet in Encoding.UTF8.GetBytes(method))
        {
            if (Plain.Contains((char)octet, StringComparison.Ordinal))
                escaped.Append((char)octet);
            else
                escaped.Append('%').Append(octet.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }
        return escaped.ToString();
    }
}
