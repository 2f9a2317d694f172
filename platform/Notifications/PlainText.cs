using System.Text;

namespace Dapr.Anomaly.Platform.Notifications;

/// <summary>
/// Words of others (names of workloads, values of labels) on one line and no longer than a receiver allows; each message then writes them in its
/// receiver's own form.
/// </summary>
internal static class PlainText
{
    /// <param name="maxLength">In UTF-16 units, at least 1.</param>
    public static string Line(string text, int maxLength)
    {
        var line = new StringBuilder(Math.Min(text.Length, maxLength + 1));
        foreach (var rune in text.EnumerateRunes())
        {
            if (line.Length > maxLength)
                break;
            line.Append(Rune.IsControl(rune) ? " " : rune.ToString());
        }
        return Cut(line.ToString(), maxLength);
    }

    /// <summary>Cuts at the end and says so; never through a character.</summary>
    public static string Cut(string text, int maxLength)
    {
        if (text.Length <= maxLength)
            return text;
        var end = maxLength - 1;
        if (end > 0 && char.IsHighSurrogate(text[end - 1]))
            end--;
        return text[..end] + "…";
    }
}
