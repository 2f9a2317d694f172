namespace Dapr.Anomaly.Platform.Notifications;

/// <summary>
/// Text in Slack's markup. Words of others only get in through <see cref="Of"/>, which leaves them no way to mention people or to show a link
/// (Slack's rules for escaping: <c>&amp;</c>, <c>&lt;</c>, <c>&gt;</c>).
/// </summary>
internal readonly record struct Mrkdwn
{
    private Mrkdwn(string value) => Value = value;

    public string Value { get; }

    /// <summary>Words of others.</summary>
    public static Mrkdwn Of(string words) =>
        new(
            words
                .Replace("&", "&amp;", StringComparison.Ordinal)
                .Replace("<", "&lt;", StringComparison.Ordinal)
                .Replace(">", "&gt;", StringComparison.Ordinal)
        );

    /// <summary>Words of others as code, in which nothing is bold or a list.</summary>
    public static Mrkdwn Code(string words) => new($"`{Of(words.Replace('`', '\'')).Value}`");

    /// <summary>Our own markup.</summary>
    public static Mrkdwn Own(string markup) => new(markup);

    public static Mrkdwn Lines(IEnumerable<Mrkdwn> lines) => new(string.Join('\n', lines.Select(l => l.Value)));

    public static Mrkdwn operator +(Mrkdwn left, Mrkdwn right) => new(left.Value + right.Value);

    /// <summary>No longer than Slack allows, and not cut through an escape.</summary>
    public Mrkdwn Within(int maxLength)
    {
        if (Value.Length <= maxLength)
            return this;
        var cut = PlainText.Cut(Value, maxLength);
        var escape = cut.LastIndexOf('&');
        return new(escape >= 0 && cut.IndexOf(';', escape) < 0 ? cut[..escape] + "…" : cut);
    }
}
