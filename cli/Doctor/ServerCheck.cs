using System.Globalization;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Prometheus;
using Dapr.Anomaly.Platform.Prometheus.Presets;

namespace Dapr.Anomaly.Cli.Doctor;

/// <summary>Asks a server everything that the report tells. Changes nothing.</summary>
internal static class ServerCheck
{
    private static readonly TimeSpan[] Probes =
    [
        TimeSpan.FromMinutes(10),
        TimeSpan.FromHours(1),
        TimeSpan.FromHours(3),
        TimeSpan.FromHours(6),
        TimeSpan.FromHours(12),
        TimeSpan.FromDays(1),
        TimeSpan.FromHours(30),
        TimeSpan.FromDays(2),
        TimeSpan.FromDays(4),
        TimeSpan.FromDays(7),
        TimeSpan.FromHours((7 * 24) + 6),
        TimeSpan.FromDays(10),
    ];

    /// <exception cref="PrometheusException">The server does not answer.</exception>
    public static async Task<DoctorReport> RunAsync(AnomalyConfiguration configuration, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        using var client = new PrometheusClient(configuration.Reader.Prometheus, time);
        await client.ReadyAsync(cancellationToken);
        var build = await client.BuildAsync(cancellationToken);
        var presets = await PresetDetector.DetectAsync(client, configuration.Preset, now, cancellationToken);

        List<SignalCount> signals = [];
        List<string> errors = [],
            warnings = [];
        var begun = time.GetTimestamp();
        foreach (
            var (signal, isOwn) in presets.Queries.Select(static q => (q, false)).Concat(configuration.Reader.Queries.Select(static q => (q, true)))
        )
            try
            {
                var count = (await QueryCheck.AskAsync(client, signal.Query, configuration.Reader.Step, now, cancellationToken)).Count;
                signals.Add(new(signal, count, isOwn));
                if (count == 0)
                    warnings.Add($"{signal.Query}: gives no series now{(isOwn ? "" : ", although the server has its metrics")}");
            }
            catch (PrometheusException e) when (e.Failure is PrometheusFailure.BadQuery or PrometheusFailure.TooLarge)
            {
                (isOwn ? errors : warnings).Add(e.Message);
            }
        var pass = time.GetElapsedTime(begun);

        var wanted = configuration.Schedulers.MaxFitWindow;
        var (history, whole) = await HistoryAsync(client, signals, wanted, now, cancellationToken);
        Warn(warnings, configuration, presets, pass);
        return new(client.Url, build, presets, signals, configuration.Reader.Step, pass, history, whole, PartReadiness.Of(history), errors, warnings);
    }

    private static void Warn(List<string> warnings, AnomalyConfiguration configuration, DetectedPresets presets, TimeSpan pass)
    {
        var step = configuration.Reader.Step;
        if (presets.ScrapeInterval > step)
            warnings.Add(
                $"the server scrapes every {PromDuration.Format(presets.ScrapeInterval)}, reader.step is {PromDuration.Format(step)}: "
                    + $"every sample would be read more than once; set reader.step: {PromDuration.Format(presets.ScrapeInterval)}"
            );
        if (pass > step / 2)
            warnings.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"one pass of all queries took {pass.TotalSeconds:0.0} s of a step of {step.TotalSeconds:0} s; "
                        + $"raise reader.step or choose fewer presets"
                )
            );
    }

    /// <summary>The farthest probe at which the first signals still gave series; nearer gaps do not matter.</summary>
    private static async Task<(TimeSpan History, bool Whole)> HistoryAsync(
        PrometheusClient client,
        List<SignalCount> signals,
        TimeSpan wanted,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var witnesses = signals.Where(static s => s.Series > 0).DistinctBy(static s => s.Signal.Kind).Take(3).ToList();
        foreach (var probe in Probes.Where(p => p < wanted).Append(wanted).Reverse())
        foreach (var witness in witnesses)
            if ((await client.QueryAsync(witness.Signal.Query, now - probe, cancellationToken)).Count > 0)
                return (probe, probe == wanted);
        return (TimeSpan.Zero, false);
    }
}
