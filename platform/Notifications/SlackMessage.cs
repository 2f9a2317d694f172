using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Platform.Notifications;

/// <summary>
/// Body of a Slack incoming webhook (Block Kit), with <c>text</c> as the fallback that notifications and screen readers show. Lengths are those that
/// Slack documents: 150 of a header, 3,000 of a section, 2,000 of a context's element.
/// </summary>
public static class SlackMessage
{
    private const int SignalsShown = 5;
    private const int MaxHeader = 150;
    private const int MaxSection = 3000;
    private const int MaxContext = 2000;
    private const int MaxLine = 500;
    private const int MaxId = 300;

    public static object From(IncidentV1 incident)
    {
        var resolved = incident.Phase == IncidentPhase.Resolved;
        var title = PlainText.Line(resolved ? $"Resolved: {incident.Title}" : incident.Title, MaxSection);
        List<object> blocks =
        [
            new { type = "header", text = new { type = "plain_text", text = PlainText.Line((resolved ? "✅ " : "🔴 ") + title, MaxHeader) } },
        ];
        if (!resolved && incident.Signals.Count > 0)
        {
            blocks.Add(Section(Mrkdwn.Lines(incident.Signals.Take(SignalsShown).Select(s => Mrkdwn.Own("• ") + Words(SignalText.Line(s))))));
            if (incident.Why.Count > 0)
                blocks.Add(
                    Section(
                        Mrkdwn.Own("*why* ")
                            + Words(SignalText.Shares(incident.Why))
                            + Mrkdwn.Own("\n*votes* ")
                            + Words(SignalText.Votes(incident.Signals[0].Votes))
                    )
                );
        }
        var since = Mrkdwn.Own($"since {incident.Since.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC · score {SignalText.Score(incident.Score)} · ");
        blocks.Add(new { type = "context", elements = new[] { Text(since + Mrkdwn.Code(PlainText.Line(incident.Id, MaxId)), MaxContext) } });
        return new { text = Mrkdwn.Of(title).Within(MaxSection).Value, blocks };
    }

    private static Mrkdwn Words(string words) => Mrkdwn.Of(PlainText.Line(words, MaxLine));

    private static object Section(Mrkdwn text) => new { type = "section", text = Text(text, MaxSection) };

    /// <summary>Slack makes links and mentions of nothing by itself in a text that is <c>verbatim</c>.</summary>
    private static object Text(Mrkdwn text, int maxLength) =>
        new
        {
            type = "mrkdwn",
            text = text.Within(maxLength).Value,
            verbatim = true,
        };
}
