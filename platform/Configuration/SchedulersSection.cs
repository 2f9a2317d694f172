using System.Text.RegularExpressions;

namespace Dapr.Anomaly.Platform.Configuration;

/// <summary>Reads <c>schedulers:</c>, when models are fitted.</summary>
internal static partial class SchedulersSection
{
    public static SchedulersConfiguration Read(YamlSection root)
    {
        var section = root.Section("schedulers");
        Dictionary<string, SchedulerConfiguration> schedulers = [];
        foreach (var name in section.Keys)
        {
            if (!NameShape().IsMatch(name))
                section.Fail(name, "a name has letters, digits, - and _ only: trainings are called after it");
            var one = section.NamedSection(name);
            if (one.Text("class") is { } kind && kind != "periodic")
                one.Fail("class", $"\"{kind}\" is not known; write periodic (one training now: anomaly train)");
            schedulers[name] = new(
                one.Duration("fit_every", SchedulerConfiguration.Default.FitEvery, TimeSpan.FromMinutes(1), TimeSpan.FromDays(365)),
                one.Duration(
                    "fit_window",
                    SchedulerConfiguration.Default.FitWindow,
                    SchedulerConfiguration.MinWindow,
                    SchedulerConfiguration.MaxWindow
                )
            );
            one.RefuseUnknown();
        }
        return schedulers.Count == 0 ? SchedulersConfiguration.Default : new(schedulers);
    }

    [GeneratedRegex("^[A-Za-z0-9_-]+$")]
    private static partial Regex NameShape();
}
