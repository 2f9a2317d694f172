using System.Net;
using System.Text;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Platform.Notifications;

/// <summary>Subject and HTML body for the SMTP binding.</summary>
public sealed record EmailMessage(string Subject, string Html)
{
    private const int MaxSubject = 250;

    public static EmailMessage From(IncidentV1 incident)
    {
        // One line: a line break in a subject would begin another header.
        var subject = PlainText.Line((incident.Phase == IncidentPhase.Resolved ? "Resolved: " : "") + incident.Title, MaxSubject);
        var html = new StringBuilder(
            $"<h2>{WebUtility.HtmlEncode(subject)}</h2><p>since {incident.Since.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC, "
                + $"score {SignalText.Score(incident.Score)}</p><ul>"
        );
        foreach (var signal in incident.Signals)
            html.Append("<li>").Append(WebUtility.HtmlEncode(SignalText.Line(signal))).Append("</li>");
        html.Append("</ul><p>why: ")
            .Append(WebUtility.HtmlEncode(SignalText.Shares(incident.Why)))
            .Append("</p><p><code>")
            .Append(WebUtility.HtmlEncode(incident.Id))
            .Append("</code></p>");
        return new(subject, html.ToString());
    }
}
