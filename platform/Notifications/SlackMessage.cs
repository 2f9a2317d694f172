using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Platform.Notifications;

/// <summary>Body of a Slack incoming webhook (Block Kit), with <c>text</c> as the fallback that notifications and screen readers show.</summary>
public static class SlackMessage
{
    private const int SignalsShown = 5;

    public static object From(IncidentV1 incident)
    {
        var resolved = incident.Phase == IncidentPhase.Resolved;
        var title = resolved ? $"Resolved: {incident.Title}" : incident.Title;
        List<object> blocks = [new { type = "header", text = new { type = "plain_text", text = Cut((resolved ? "✅ " : "🔴 ") + title, 150) } }];
        if (!resolved)
        {
            var lines = incident.Signals.Take(SignalsShown).Select(s => $"• {SignalText.Line(s)}");
            blocks.Add(Section(string.Join('\n', lines)));
            if (incident.Why.Count > 0)
                blocks.Add(Section($"*why* {SignalText.Shares(incident.Why)}\n*votes* {SignalText.Votes(incident.Signals[0].Votes)}"));
        }
        blocks.Add(
            new
            {
                type = "context",
                elements = new[]
                {
                    new
                    {
                        type = "mrkdwn",
                        text = $"since {incident.Since.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC · score {incident.Score:0.0} · `{incident.Id}`",
                    },
                },
            }
        );
        return new { text = title, blocks };
    }

    private static object Section(string text) => new { type = "section", text = new { type = "mrkdwn", text = Cut(text, 3000) } };

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..(length - 1)] + "…";
}
