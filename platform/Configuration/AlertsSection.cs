namespace Dapr.Anomaly.Platform.Configuration;

/// <summary>Reads <c>alerts:</c>, how often and where to alert.</summary>
internal static class AlertsSection
{
    private const string Default = "default";

    public static AlertsConfiguration Read(YamlSection root)
    {
        var alerts = root.Section("alerts");
        var section = alerts.Section("budget");
        var fallback = Budget(section, Default, section.Text(Default)) ?? AlertsConfiguration.Default.DefaultBudget;
        Dictionary<string, AlertBudget> teams = [];
        foreach (var team in section.Keys.Where(static k => k != Default))
            if (Budget(section, team, section.NamedText(team)) is { } budget)
                teams[team] = budget;
        var routes = alerts.Texts("routes");
        alerts.RefuseUnknown();
        return new(fallback, teams, routes, routes.Count > 0 ? alerts.PlaceOf("routes") : null);
    }

    private static AlertBudget? Budget(YamlSection section, string team, string? text)
    {
        if (text is null)
            return null;
        if (AlertBudget.TryParse(text, out var budget))
            return budget;
        section.Fail(team, $"\"{text}\" {AlertBudget.Shape}");
        return null;
    }
}
