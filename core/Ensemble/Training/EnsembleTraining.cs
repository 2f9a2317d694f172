using System.Text.Json;
using Dapr.Anomaly.Core.Detection.Bank;
using Dapr.Anomaly.Core.Detection.Forest;
using Dapr.Anomaly.Core.Detection.Lstm;
using Dapr.Anomaly.Core.Features;
using Dapr.Anomaly.Core.Forecasting.Seasonal;
using Dapr.Anomaly.Core.Models;
using Dapr.Anomaly.Core.Numerics;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Ensemble.Training;

/// <summary>What a training run may choose.</summary>
public sealed record EnsembleOptions
{
    /// <summary>Seed of every draw.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Name of the model in the registry.</summary>
    public string ModelName { get; init; } = "anomaly-ensemble";

    /// <summary>Alert budget: incidents a day over all series.</summary>
    public double IncidentsPerDay { get; init; } = AlertBudget.DefaultIncidentsPerDay;

    /// <summary>Flagged samples in a typical incident.</summary>
    public double SamplesPerIncident { get; init; } = 5;

    public LstmOptions Lstm { get; init; } = new();

    public ForestOptions Forest { get; init; } = new();
}

/// <summary>
/// The steps of training, each a pure function from samples and files to files, so that each can be one activity of a durable workflow.
/// Order: forests, LSTM and seasonal models in any order, banks after the seasonal models; then <see cref="Calibrate"/>, <see cref="Bundle"/>,
/// <see cref="Evaluate"/>, <see cref="WithEvaluation"/>.
/// Which samples do what is written at <see cref="TrainingSet"/>.
/// </summary>
public static class EnsembleTraining
{
    /// <summary>Rows for a forest are this many samples apart.</summary>
    private const int ForestStride = 8;

    /// <summary>Most rows of one kind, so that no kind takes long.</summary>
    private const int MaxForestRows = 60_000;

    /// <summary>Series that the report looks at without and with planted faults.</summary>
    private const int CleanSeries = 150;
    private const int FaultySeries = 60;

    /// <summary>A figure below this much history would report the warm-up of windows.</summary>
    private static readonly TimeSpan WindowWarmUp = TimeSpan.FromHours(1);

    /// <summary>The clock of a forest's rows is worth learning only when the fine window has seen it turn.</summary>
    private static readonly TimeSpan SpanThatKnowsTheDay = TimeSpan.FromDays(2);

    private static readonly string[] ClockFeatures = ["day_sin", "day_cos", "week_sin", "week_cos"];

    /// <summary>What the forests learn from: a row-major matrix of feature rows for each kind, in the order of the feature schema.</summary>
    public static IReadOnlyDictionary<SignalKind, float[]> ForestRows(TrainingSet set, CancellationToken cancellationToken)
    {
        var features = FeatureSchema.Current.Count;
        var matrices = new SortedDictionary<SignalKind, float[]>();
        foreach (var kind in set.Series.GroupBy(s => s.Identity.Kind))
        {
            var rows = ForestRows([.. kind], set, cancellationToken);
            if (rows.Count == 0)
                continue;
            var matrix = new float[rows.Count * features];
            for (var r = 0; r < rows.Count; r++)
                rows[r].CopyTo(matrix, r * features);
            if (set.FitUntil - set.Series[0].Fine.Start < SpanThatKnowsTheDay)
                Blank(matrix, features, ClockFeatures);
            matrices.Add(kind.Key, matrix);
        }
        return matrices;
    }

    /// <summary>One isolation forest for each kind: files <c>forest-&lt;kind&gt;.onnx</c>.</summary>
    /// <param name="rows">From <see cref="ForestRows(TrainingSet, CancellationToken)"/>.</param>
    public static IReadOnlyDictionary<string, byte[]> FitForests(
        IReadOnlyDictionary<SignalKind, float[]> rows,
        EnsembleOptions options,
        CancellationToken cancellationToken
    )
    {
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (kind, matrix) in rows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var forest = IsolationForest.Fit(matrix, FeatureSchema.Current.Count, options.Forest with { Seed = options.Seed + (ulong)kind });
            files.Add(
                EnsembleFiles.Forest(kind),
                forest.ToOnnx(
                    FeatureSchema.Current.Names,
                    FeatureSchema.Current.Hash,
                    new Dictionary<string, string>
                    {
                        ["anomaly.seed"] = options.Seed.ToString(System.Globalization.CultureInfo.InvariantCulture),
                        ["anomaly.signal_kind"] = kind.ToString(),
                    }
                )
            );
        }
        return files;
    }

    /// <summary>The LSTM of all series, with the epochs of its training.</summary>
    /// <exception cref="LstmDivergedException">Training failed; the other members can go on without it.</exception>
    public static (byte[] File, IReadOnlyList<LstmEpoch> Epochs) FitLstm(
        TrainingSet set,
        EnsembleOptions options,
        IProgress<LstmEpoch>? progress,
        CancellationToken cancellationToken
    )
    {
        var fitted = LstmTrainer.Fit(LstmTraining.Input(set, options.Seed), options.Lstm with { Seed = options.Seed }, progress, cancellationToken);
        return (fitted.ToOnnx(Metadata(set, options, [])), fitted.Epochs);
    }

    /// <summary>The bank of seasonal models, or null where no series has history enough.</summary>
    public static byte[]? FitSeasonal(TrainingSet set, EnsembleOptions options, CancellationToken cancellationToken)
    {
        var models = SeasonalTraining.Fit(set, cancellationToken);
        return models.Count == 0 ? null : SeasonalBank.ToOnnx(models, Metadata(set, options, []));
    }

    /// <summary>The banks of windows of all series that move, or null where none has samples enough.</summary>
    /// <param name="seasonal">From <see cref="FitSeasonal"/>: the banks hold what the seasons leave.</param>
    public static byte[]? FitBanks(TrainingSet set, byte[]? seasonal, EnsembleOptions options, CancellationToken cancellationToken)
    {
        using var seasons = seasonal is null ? null : new SeasonalScorer(seasonal);
        var banks = BankTraining.Fit(set, seasons, options.Seed, cancellationToken);
        return banks.Count == 0 ? null : BankOnnx.ToOnnx(banks, Metadata(set, options, []));
    }

    /// <summary>Calibrations from the samples after the cut, and the list of series: files <c>calibration.bin</c> and <c>series.json</c>.</summary>
    /// <param name="set">The same set that fitted the members.</param>
    /// <param name="files">Files of the fitted members.</param>
    public static IReadOnlyDictionary<string, byte[]> Calibrate(
        TrainingSet set,
        IReadOnlyDictionary<string, byte[]> files,
        CancellationToken cancellationToken
    )
    {
        var series = Known(set);
        using var members = EnsembleMembers.Load(name => files.GetValueOrDefault(name), series);
        return new Dictionary<string, byte[]>
        {
            [EnsembleFiles.Calibration] = CalibrationTraining.Fit(set, members, cancellationToken).ToBytes(),
            [EnsembleFiles.Series] = KnownSeries.ToJson(series),
        };
    }

    /// <summary>The model version: members, calibration, schema and manifest.</summary>
    public static ModelBundle Bundle(TrainingSet set, IReadOnlyDictionary<string, byte[]> files, EnsembleOptions options)
    {
        var all = new Dictionary<string, byte[]>(files) { [EnsembleFiles.FeatureSchema] = SchemaJson() };
        SignalKind[] kinds = [.. Enum.GetValues<SignalKind>().Where(k => files.ContainsKey(EnsembleFiles.Forest(k)))];
        List<string> members = [];
        if (kinds.Length > 0)
            members.Add(MemberName.Forest);
        if (files.ContainsKey(EnsembleFiles.Lstm))
            members.Add(MemberName.Lstm);
        if (files.ContainsKey(EnsembleFiles.Seasonal))
            members.Add(MemberName.Seasonal);
        if (files.ContainsKey(EnsembleFiles.Bank))
            members.Add(MemberName.Bank);
        var risk = Math.Clamp(
            AlertBudget.Risk(options.IncidentsPerDay, options.SamplesPerIncident, set.Step, set.Series.Count),
            MinSupportedRisk,
            AlertBudget.MaxRisk
        );
        return ModelBundle.Create(
            new(
                ModelManifest.CurrentFormat,
                options.ModelName,
                "",
                FeatureSchema.Current.Hash,
                options.Seed,
                set.From,
                set.End,
                set.Step.TotalSeconds,
                members,
                kinds,
                set.Series.Count,
                risk,
                new Dictionary<string, double>(),
                []
            ),
            all
        );
    }

    /// <summary>The report on the last samples.</summary>
    public static EvaluationReport Evaluate(TrainingSet set, ModelBundle bundle, CancellationToken cancellationToken)
    {
        using var scorer = EnsembleScorer.Load(bundle);
        var (clean, faults) = (new CleanEvaluation(), new FaultEvaluation());
        var parallel = CoreThreads.Options(cancellationToken);
        Parallel.ForEach(Spread(set.Series, CleanSeries), parallel, series => clean.Add(series, set, scorer));
        var scales = scorer.Series.ToDictionary(s => s.ToIdentity().Id, s => s.LongRunScale);
        var moving = set.Series.Where(s => scales[s.Identity.Id] > 0).ToArray();
        Parallel.ForEach(
            Spread(moving, FaultySeries).Select((s, i) => (s, i)),
            parallel,
            pair => faults.Add(pair.s, scales[pair.s.Identity.Id], (FaultShape)(pair.i % 4), bundle.Manifest.Seed + (ulong)pair.i, set, scorer)
        );
        var figures = new SortedDictionary<string, double>(StringComparer.Ordinal);
        clean.Report(set, figures);
        faults.Report(figures);
        return new(figures);
    }

    /// <summary>The same model with its report in the manifest.</summary>
    public static ModelBundle WithEvaluation(ModelBundle bundle, EvaluationReport report) =>
        ModelBundle.Create(bundle.Manifest with { Evaluation = report.Figures }, bundle.ToFiles());

    private const double MinSupportedRisk = 1e-6;

    private static List<float[]> ForestRows(IReadOnlyList<TrainingSeries> series, TrainingSet set, CancellationToken cancellationToken)
    {
        var perSeries = Math.Max(1, MaxForestRows / series.Count);
        var rows = new List<float[]>[series.Count];
        Parallel.For(
            0,
            series.Count,
            CoreThreads.Options(cancellationToken),
            i =>
            {
                var fine = series[i].Fine;
                var all = RowReplay.Rows(series[i].Identity, series[i].Coarse, fine, fine.Start + WindowWarmUp, set.FitUntil, ForestStride);
                var stride = (all.Count + perSeries - 1) / perSeries;
                rows[i] = [.. all.Where((_, r) => r % Math.Max(1, stride) == 0).Select(r => r.Features.ToArray())];
            }
        );
        return [.. rows.SelectMany(r => r)];
    }

    private static void Blank(float[] matrix, int features, string[] names)
    {
        foreach (var name in names)
            for (var r = FeatureSchema.Current.IndexOf(name); r < matrix.Length; r += features)
                matrix[r] = 0;
    }

    private static KnownSeries[] Known(TrainingSet set) =>
        [
            .. set.Series.Select(s =>
            {
                var values = s.Fine.Before(set.FitUntil).Values;
                return KnownSeries.From(
                    s.Identity,
                    WindowScale.LongRun(LstmTraining.Floats(values), LstmTraining.Missing(values)),
                    SeriesDomain.Of(s.Identity.Unit, [.. s.Coarse.Before(set.FitUntil).Values, .. values])
                );
            }),
        ];

    private static IEnumerable<T> Spread<T>(IReadOnlyList<T> items, int most)
    {
        var count = Math.Min(most, items.Count);
        for (var i = 0; i < count; i++)
            yield return items[(int)((long)i * items.Count / count)];
    }

    private static Dictionary<string, string> Metadata(TrainingSet set, EnsembleOptions options, Dictionary<string, string> more) =>
        new(more)
        {
            ["anomaly.schema_hash"] = FeatureSchema.Current.Hash,
            ["anomaly.seed"] = options.Seed.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["anomaly.training_window"] = $"{set.From:O}/{set.FitUntil:O}",
        };

    private static byte[] SchemaJson() =>
        JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                hash = FeatureSchema.Current.Hash,
                features = FeatureSchema.Current.Features.Select(f => new
                {
                    f.Name,
                    f.Unit,
                    f.Neutral,
                    f.Minimum,
                    f.Maximum,
                }),
            },
            ModelManifest.Json
        );
}
