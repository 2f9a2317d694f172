using Dapr.Anomaly.Cli.Up;
using Dapr.Anomaly.Platform.Configuration;

namespace Dapr.Anomaly.Cli.Tests.Up;

/// <summary>A receiver without an address, or without its key, is found at the start and not at the first incident.</summary>
public class ReceiversTests
{
    private static readonly Dictionary<string, string> Set = new() { ["url"] = "https://receiver.example/hook", ["routing-key"] = "key" };

    [Theory]
    [InlineData("slack", "url")]
    [InlineData("pagerduty", "routing-key")]
    public void Route_WhoseReceiverIsUnset_IsRefusedWithWhatIsMissing(string route, string key)
    {
        Dictionary<string, Dictionary<string, string>> secrets = new() { [route] = Receivers.Unset(route) };
        var e = Assert.Throws<UserException>(() => Receivers.Check(Alerts(route), secrets, "data/secrets.json"));
        Assert.Equal($"alerts.routes: \"{route}\" has no {key} yet; set \"{key}\" of \"{route}\" in data/secrets.json", e.Message);
    }

    [Theory]
    [InlineData("slack")]
    [InlineData("pagerduty")]
    public void Route_WhoseReceiverIsSet_IsFine(string route) =>
        Receivers.Check(Alerts(route), new Dictionary<string, Dictionary<string, string>> { [route] = Set }, "");

    [Fact]
    public void Route_OfTheUsersOwnBinding_IsNotOurs() => Receivers.Check(Alerts("teams"), new Dictionary<string, Dictionary<string, string>>(), "");

    [Fact]
    public void Alertmanager_Unset_IsTheOneOfThisMachine() =>
        Receivers.Check(
            Alerts("alertmanager"),
            new Dictionary<string, Dictionary<string, string>> { ["alertmanager"] = Receivers.Unset("alertmanager") },
            ""
        );

    private static AlertsConfiguration Alerts(string route) => AlertsConfiguration.Default with { Routes = [route] };
}
