using System.Text.Json;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Notifications;

namespace Dapr.Anomaly.Platform.Tests.Notifications;

public class NotificationTests
{
    [Fact]
    public void PagerDuty_OpenedAndResolved_ShareTheDeduplicationKey()
    {
        var trigger = Json(PagerDutyEvent.From(Incidents.Checkout(IncidentPhase.Opened), "key"));
        var resolve = Json(PagerDutyEvent.From(Incidents.Checkout(IncidentPhase.Resolved), "key"));

        Assert.Equal("trigger", trigger.GetProperty("event_action").GetString());
        Assert.Equal("resolve", resolve.GetProperty("event_action").GetString());
        Assert.Equal(trigger.GetProperty("dedup_key").GetString(), resolve.GetProperty("dedup_key").GetString());
        Assert.Equal("key", trigger.GetProperty("routing_key").GetString());
        Assert.Equal("boutique/checkout", trigger.GetProperty("payload").GetProperty("source").GetString());
        Assert.Contains(trigger.GetProperty("payload").GetProperty("severity").GetString(), (string[])["critical", "error", "warning", "info"]);
        Assert.False(resolve.TryGetProperty("payload", out _));
    }

    [Fact]
    public void Slack_Opened_SaysWhatIsExpectedAndWhy()
    {
        var text = JsonSerializer.Serialize(SlackMessage.From(Incidents.Checkout(IncidentPhase.Opened)), MessageJson.Options);

        Assert.Contains("container_cpu 0.92 cores, expected 0.18 cores to 0.34 cores", text);
        Assert.Contains("latency_p99 812 ms, expected 50 ms to 120 ms", text);
        Assert.Contains("container_cpu 68 %", text);
        Assert.Contains("lstm 3.40", text);
    }

    [Fact]
    public void Slack_Resolved_SaysSo() =>
        Assert.StartsWith("Resolved: ", Json(SlackMessage.From(Incidents.Checkout(IncidentPhase.Resolved))).GetProperty("text").GetString());

    [Fact]
    public void Alertmanager_OverTheLifeOfAnIncident_LabelsNeverChange()
    {
        var now = Incidents.Since.AddMinutes(1);
        var opened = AlertmanagerAlerts.From(Incidents.Checkout(IncidentPhase.Opened), now)[0];
        var resolved = AlertmanagerAlerts.From(Incidents.Checkout(IncidentPhase.Resolved), now.AddMinutes(20))[0];

        Assert.Equal(opened.Labels, resolved.Labels);
        Assert.True(opened.EndsAt > now + AlertmanagerAlerts.RepeatInterval);
        Assert.Equal(Incidents.Since.AddMinutes(20), resolved.EndsAt);
    }

    [Fact]
    public void Email_TextFromLabels_IsEscaped()
    {
        var incident = Incidents.Checkout(IncidentPhase.Opened) with { Title = "<b>&" };
        Assert.Contains("&lt;b&gt;&amp;", EmailMessage.From(incident).Html);
    }

    [Theory]
    [InlineData("ratio", "expected 0 % to 0.0866 %")]
    [InlineData("degrees", "expected -0.00081 degrees to 0.000866 degrees")]
    public void Expected_RangeBelowZero_OnlyWhereItCanBe(string unit, string expected)
    {
        var signal = Incidents.Checkout(IncidentPhase.Opened).Signals[0];
        Assert.Equal(expected, SignalText.Expected(signal with { Series = signal.Series with { Unit = unit }, Lower = -0.00081, Upper = 0.000866 }));
    }

    [Theory]
    [InlineData(0.92, "cores", "0.92 cores")]
    [InlineData(327155712, "bytes", "312 MiB")]
    [InlineData(0.084, "s", "84 ms")]
    [InlineData(2.5, "s", "2.5 s")]
    [InlineData(0.041, "ratio", "4.1 %")]
    [InlineData(0, "", "0")]
    public void Value_Unit_IsWrittenForPeople(double value, string unit, string expected) => Assert.Equal(expected, SignalText.Value(value, unit));

    private static JsonElement Json(object message) => JsonSerializer.SerializeToElement(message, message.GetType(), MessageJson.Options);
}
