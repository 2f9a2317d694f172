using System.Text.RegularExpressions;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Prometheus;
using Dapr.Anomaly.Platform.Prometheus.Presets;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Dapr.Anomaly.Platform.Configuration;

/// <summary>Turns the text of <c>anomaly.yaml</c> into records.</summary>
internal static partial class ConfigurationReader
{
    private static readonly (string, DetectionDirection)[] Directions =
    [
        ("both", DetectionDirection.Both),
        ("above_expected", DetectionDirection.AboveExpected),
        ("below_expected", DetectionDirection.BelowExpected),
    ];

    private static readonly (string Name, SignalKind Kind)[] Kinds =
    [
        .. Enum.GetValues<SignalKind>().Select(static k => (k.ToString().ToLowerInvariant(), k)),
    ];

    public static ConfigurationResult Read(string text, string file, Func<string, string?> environment)
    {
        var source = new YamlSource(file, environment);
        if (Parse(text, source) is not { } root)
            return new(null, source.Errors);
        var configuration = new AnomalyConfiguration(Preset(root), Reader(root.Section("reader")), Schedulers(root), Alerts(root.Section("alerts")));
        root.RefuseUnknown();
        return source.HasErrors ? new(null, source.Errors) : new(configuration, []);
    }

    private static YamlSection? Parse(string text, YamlSource source)
    {
        var yaml = new YamlStream();
        try
        {
            yaml.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            source.Fail((int)e.Start.Line, "", $"not YAML: {e.Message}");
            return null;
        }
        var root = yaml.Documents.Count > 0 ? yaml.Documents[0].RootNode : null;
        if (root is not (null or YamlMappingNode or YamlScalarNode { Value: "" }))
        {
            source.Fail(root.Start.Line, "", "write keys with values, such as reader: { url: http://prometheus:9090 }");
            return null;
        }
        return new YamlSection(source, "", root as YamlMappingNode);
    }

    private static PresetGroups Preset(YamlSection root)
    {
        if (!root.Has("preset"))
        {
            root.Text("preset");
            return PresetGroups.Kubernetes;
        }
        var groups = PresetGroups.None;
        foreach (var name in root.Texts("preset"))
            if (Enum.TryParse<PresetGroups>(name, ignoreCase: true, out var group) && Enum.IsDefined(group) && !char.IsDigit(name[0]))
                groups |= group;
            else
                root.Fail(
                    "preset",
                    $"\"{name}\" is not known; write {YamlSection.ListOf(Enum.GetNames<PresetGroups>().Select(static n => n.ToLowerInvariant()))}"
                );
        return groups;
    }

    private static ReaderConfiguration Reader(YamlSection reader)
    {
        var url = Url(reader);
        var options = new PrometheusOptions
        {
            Url = url,
            Username = reader.Text("username"),
            Password = reader.Text("password"),
            BearerToken = reader.Text("bearer_token"),
            Timeout = reader.Duration("timeout", TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(30)),
            MaxSeries = (int)reader.Number("max_series", 1_000_000, 1, int.MaxValue),
            MaxBodyBytes = (long)reader.Number("max_body_bytes", 1L << 30, 1024, 1L << 40),
        };
        if (options.BearerToken is not null && options.Username is not null)
            reader.Fail("bearer_token", "username is given too; keep one way to log in");
        if (options.Password is not null && options.Username is null)
            reader.Fail("password", "there is no username beside it");
        var step = reader.Duration("step", ReaderConfiguration.DefaultStep, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        var section = reader.Section("queries");
        var queries = section.Keys.Select(name => Query(section, name)).ToList();
        reader.RefuseUnknown();
        return new(options, step, queries);
    }

    private static Uri Url(YamlSection reader)
    {
        if (reader.Text("url") is not { } text)
            reader.Fail("url", "is missing; write the address of your Prometheus, such as http://prometheus:9090");
        else if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
            return url;
        else
            reader.Fail("url", $"\"{text}\" is not an address; write http://host:9090");
        return new Uri("http://invalid");
    }

    private static SignalQuery Query(YamlSection queries, string name)
    {
        if (!NameShape().IsMatch(name))
            queries.Fail(name, "a name has letters, digits and _ only and does not begin with a digit");
        var query = queries.Section(name);
        var expr = query.Text("expr");
        if (string.IsNullOrWhiteSpace(expr))
            query.Fail("expr", "is missing; write a PromQL expression");
        var read = new SignalQuery(
            new PromQuery(name, expr ?? "", query.PlaceOf("expr")),
            query.Choice("kind", SignalKind.Other, Kinds),
            query.Text("unit") ?? "",
            query.Choice("detection_direction", DetectionDirection.Both, Directions),
            query.Number("min_dev_from_expected", 0, 0, double.MaxValue),
            query.Number("min_rel_dev_from_expected", 0, 0, 1000)
        );
        query.RefuseUnknown();
        return read;
    }

    private static Dictionary<string, SchedulerConfiguration> Schedulers(YamlSection root)
    {
        var section = root.Section("schedulers");
        var schedulers = new Dictionary<string, SchedulerConfiguration>();
        foreach (var name in section.Keys)
        {
            var one = section.Section(name);
            if (one.Text("class") is { } kind && kind != "periodic")
                one.Fail("class", $"\"{kind}\" is not known; write periodic (for one fit run: anomaly train, for a replay: anomaly backtest)");
            schedulers[name] = new(
                one.Duration("fit_every", SchedulerConfiguration.Default.FitEvery, TimeSpan.FromMinutes(1), TimeSpan.FromDays(365)),
                one.Duration("fit_window", SchedulerConfiguration.Default.FitWindow, TimeSpan.FromMinutes(10), TimeSpan.FromDays(365))
            );
            one.RefuseUnknown();
        }
        if (schedulers.Count == 0)
            schedulers["daily"] = SchedulerConfiguration.Default;
        return schedulers;
    }

    private static AlertsConfiguration Alerts(YamlSection alerts)
    {
        var section = alerts.Section("budget");
        var teams = new Dictionary<string, AlertBudget>();
        foreach (var team in section.Keys)
            if (section.Text(team) is { } text)
            {
                if (AlertBudget.TryParse(text, out var budget))
                    teams[team] = budget;
                else
                    section.Fail(team, $"\"{text}\" is not a rate; write N/hour, N/day or N/week");
            }
        if (!teams.Remove("default", out var fallback))
            fallback = AlertsConfiguration.Default.DefaultBudget;
        var routes = alerts.Texts("routes");
        alerts.RefuseUnknown();
        return new(fallback, teams, routes);
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex NameShape();
}
