using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Platform.Prometheus;
using Dapr.Anomaly.Platform.Prometheus.Presets;

namespace Dapr.Anomaly.Cli.Doctor;

/// <summary>What a server has for the detector, and what watching it will cost.</summary>
/// <param name="Url">The server.</param>
/// <param name="Build">What it says it is.</param>
/// <param name="Presets">Exporters found and missing.</param>
/// <param name="Signals">Every query with the number of its series.</param>
/// <param name="Step">Distance of the detector's samples.</param>
/// <param name="Pass">Time that the server took to answer all queries once: its load every step.</param>
/// <param name="History">How far back samples go, as far as was looked.</param>
/// <param name="HistoryIsWhole">Whether they go back at least as far as training wants.</param>
/// <param name="Parts">When each part of the ensemble can judge.</param>
/// <param name="Errors">Queries of the configuration that the server refuses.</param>
/// <param name="Warnings">What works, but not as well as it could.</param>
internal sealed record DoctorReport(
    string Url,
    PrometheusBuild Build,
    DetectedPresets Presets,
    IReadOnlyList<SignalCount> Signals,
    TimeSpan Step,
    TimeSpan Pass,
    TimeSpan History,
    bool HistoryIsWhole,
    IReadOnlyList<PartReadiness> Parts,
    IReadOnlyList<string> Errors,
    IReadOnlyList<string> Warnings
)
{
    /// <summary>Bytes of the window of one series (<c>SeriesWindow</c>).</summary>
    public const int BytesPerSeries = 4096;

    /// <summary>Design budget for one sample, all members included; not a measurement of this machine.</summary>
    public static readonly TimeSpan CpuPerSample = TimeSpan.FromMicroseconds(30);

    public int Series => Signals.Sum(static s => s.Series);

    public long WindowBytes => (long)Series * BytesPerSeries;

    /// <summary>Cores that scoring takes by the design budget.</summary>
    public double CpuCores => Series * CpuPerSample.TotalSeconds / Step.TotalSeconds;

    public int ExitCode =>
        Errors.Count > 0 ? ExitCodes.BadConfiguration
        : Series == 0 ? ExitCodes.Failure
        : ExitCodes.Success;
}

/// <summary>A query with the number of series it gives now.</summary>
internal sealed record SignalCount(SignalQuery Signal, int Series, bool IsOwn);

/// <summary>A part of the ensemble: the history it wants, and how long until the server has that much.</summary>
internal sealed record PartReadiness(string Part, TimeSpan Wants, TimeSpan Missing)
{
    /// <summary>
    /// A training fits on the first half of its twelve hours at full resolution, and the first hour, in which windows warm up, is not learnt from:
    /// with about three hours of history every part comes out. Seasons are learnt from what lies before the cut, so they want six hours more than
    /// their span.
    /// </summary>
    public static IReadOnlyList<PartReadiness> Of(TimeSpan history) =>
        [
            .. new (string Part, TimeSpan Wants)[]
            {
                (MemberName.Forest, TimeSpan.FromHours(3)),
                (MemberName.Lstm, TimeSpan.FromHours(3)),
                (MemberName.Seasonal, TimeSpan.FromHours(30)),
                ($"{MemberName.Seasonal} with weeks", TimeSpan.FromHours((7 * 24) + 6)),
                (MemberName.Bank, TimeSpan.FromHours(3)),
            }.Select(p => new PartReadiness(p.Part, p.Wants, p.Wants > history ? p.Wants - history : TimeSpan.Zero)),
        ];
}
