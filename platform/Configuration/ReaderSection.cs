using System.Text.RegularExpressions;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Prometheus;
using Dapr.Anomaly.Platform.Prometheus.Presets;

namespace Dapr.Anomaly.Platform.Configuration;

/// <summary>Reads <c>reader:</c>, where samples come from.</summary>
internal static partial class ReaderSection
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

    /// <param name="presets">What the file chose: their queries have names that no own query may have.</param>
    public static ReaderConfiguration Read(YamlSection root, PresetGroups presets)
    {
        var reader = root.Section("reader");
        var options = new PrometheusOptions
        {
            Url = Url(reader),
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
        var step = reader.Duration("step", ReaderConfiguration.DefaultStep, ReaderConfiguration.MinStep, TimeGrid.MaxStep);
        var section = reader.Section("queries");
        var taken = PresetNames.Of(presets);
        var queries = section.Keys.Select(name => Query(section, name, taken)).ToList();
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

    private static SignalQuery Query(YamlSection queries, string name, IReadOnlySet<string> taken)
    {
        if (!NameShape().IsMatch(name))
            queries.Fail(name, "a name has letters, digits and _ only and does not begin with a digit");
        if (taken.Contains(name))
            queries.Fail(name, "a query of the preset has this name; choose another, or leave its group out of preset");
        var query = queries.NamedSection(name);
        var expr = query.Text("expr");
        if (string.IsNullOrWhiteSpace(expr))
            query.Fail("expr", "is missing; write a PromQL expression");
        var read = new SignalQuery(
            new PromQuery(name, expr ?? "", query.PlaceOf("expr").ToString()),
            query.Choice("kind", SignalKind.Other, Kinds),
            query.Text("unit") ?? "",
            query.Choice("detection_direction", DetectionDirection.Both, Directions),
            query.Number("min_dev_from_expected", 0, 0, double.MaxValue),
            query.Number("min_rel_dev_from_expected", 0, 0, 1000)
        );
        query.RefuseUnknown();
        return read;
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex NameShape();
}
