using System.Text.Json;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Notifications;

namespace Dapr.Anomaly.Platform.Tests.Notifications;

/// <summary>Whatever names and labels say, a message keeps its receiver's documented limits and says nothing in the receiver's markup.</summary>
public class LimitTests
{
    public static TheoryData<string, int> Words =>
        new()
        {
            { "<!channel>", 1 },
            { "<http://example.com|your bank>", 1 },
            { "<@U12345> & <#C12345>", 40 },
            { "\r\nBcc: everybody", 3 },
            { "a\u0000b\u001b[31m", 100 },
            { "&amp;", 2000 },
            { "😀", 3000 },
            { "`*_~", 500 },
            { "\ud800", 50 },
        };

    [Theory]
    [MemberData(nameof(Words))]
    public void Slack_HostileWords_StayWords(string words, int times)
    {
        foreach (var phase in Enum.GetValues<IncidentPhase>())
        {
            var message = Json(SlackMessage.From(Hostile(words, times, phase)));
            Assert.InRange(message.GetProperty("text").GetString()!.Length, 1, 40_000);
            var blocks = message.GetProperty("blocks").EnumerateArray().ToList();
            Assert.InRange(blocks.Count, 1, 50);
            foreach (var block in blocks)
                switch (block.GetProperty("type").GetString())
                {
                    case "header":
                        Assert.Equal("plain_text", block.GetProperty("text").GetProperty("type").GetString());
                        AssertLength(block.GetProperty("text"), 150);
                        break;
                    case "section":
                        AssertMarkup(block.GetProperty("text"), 3000);
                        break;
                    default:
                        Assert.All(block.GetProperty("elements").EnumerateArray(), e => AssertMarkup(e, 2000));
                        break;
                }
            Assert.DoesNotContain(message.GetProperty("text").GetString()!, c => c is '<' or '>' or '\n');
        }
    }

    [Theory]
    [MemberData(nameof(Words))]
    public void PagerDuty_LongWords_KeepItsLimits_AndTheKeyStaysTheSame(string words, int times)
    {
        var trigger = Json(PagerDutyEvent.From(Hostile(words, times, IncidentPhase.Opened), "key"));
        var resolve = Json(PagerDutyEvent.From(Hostile(words, times, IncidentPhase.Resolved), "key"));
        Assert.InRange(trigger.GetProperty("dedup_key").GetString()!.Length, 1, 255);
        Assert.Equal(trigger.GetProperty("dedup_key").GetString(), resolve.GetProperty("dedup_key").GetString());
        Assert.InRange(trigger.GetProperty("payload").GetProperty("summary").GetString()!.Length, 1, 1024);
        Assert.InRange(trigger.GetProperty("payload").GetProperty("source").GetString()!.Length, 1, 255);
        Assert.InRange(trigger.GetRawText().Length, 1, 512 * 1024);
    }

    [Fact]
    public void PagerDuty_TwoLongIds_HaveTwoKeys()
    {
        var (one, other) = (new string('a', 347), new string('a', 346) + "b");
        string Key(string id) => PagerDutyEvent.From(Incidents.Checkout(IncidentPhase.Opened) with { Id = id }, "key").DedupKey;
        Assert.NotEqual(Key(one), Key(other));
        Assert.Equal(255, Key(one).Length);
    }

    [Theory]
    [MemberData(nameof(Words))]
    public void Alertmanager_HostileWords_AreValues_AndLabelsStayThoseOfTheIncident(string words, int times)
    {
        var now = Incidents.Since.AddMinutes(1);
        var opened = Assert.Single(AlertmanagerAlerts.From(Hostile(words, times, IncidentPhase.Opened), now));
        var resolved = Assert.Single(AlertmanagerAlerts.From(Hostile(words, times, IncidentPhase.Resolved), now));
        Assert.Equal(opened.Labels, resolved.Labels);
        Assert.All(opened.Labels, l => Assert.Matches("^[a-zA-Z_][a-zA-Z0-9_]*$", l.Key));
        Assert.All(opened.Labels.Concat(opened.Annotations), l => Assert.InRange(l.Value.Length, 0, 12_000));
        Assert.True(opened.EndsAt > opened.StartsAt);
    }

    [Theory]
    [MemberData(nameof(Words))]
    public void Email_HostileWords_MakeNoHeaderAndNoMarkup(string words, int times)
    {
        var mail = EmailMessage.From(Hostile(words, times, IncidentPhase.Opened));
        Assert.DoesNotContain(mail.Subject, char.IsControl);
        Assert.InRange(mail.Subject.Length, 1, 250);
        var text = System.Text.RegularExpressions.Regex.Replace(mail.Html, "</?(h2|p|ul|li|code)>", "");
        Assert.DoesNotContain('<', text);
    }

    private static IncidentV1 Hostile(string words, int times, IncidentPhase phase)
    {
        var name = string.Concat(Enumerable.Repeat(words, times));
        var incident = Incidents.Checkout(phase);
        var series = new SeriesIdentity(name, SignalKind.Cpu, name, new([new("namespace", name), new("workload", name), new("pod", name)]));
        return incident with
        {
            Id = $"{name}@20260105T120431Z",
            Workload = name,
            Title = $"{name} is odd",
            Signals = [.. Enumerable.Repeat(incident.Signals[0] with { Series = series }, 20)],
            Why = [new(name, 1)],
        };
    }

    private static void AssertMarkup(JsonElement text, int maxLength)
    {
        Assert.Equal("mrkdwn", text.GetProperty("type").GetString());
        Assert.True(text.GetProperty("verbatim").GetBoolean());
        AssertLength(text, maxLength);
        var value = text.GetProperty("text").GetString()!;
        Assert.DoesNotContain(value, c => c is '<' or '>');
        Assert.DoesNotMatch("&(?!(amp|lt|gt);)", value);
    }

    private static void AssertLength(JsonElement text, int maxLength) => Assert.InRange(text.GetProperty("text").GetString()!.Length, 1, maxLength);

    private static JsonElement Json(object message) => JsonSerializer.SerializeToElement(message, message.GetType(), MessageJson.Options);
}
