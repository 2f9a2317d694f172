using System.Collections.Concurrent;
using Microsoft.ML.OnnxRuntime;

namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>
/// Scores samples against the model's forecast of them, many series in one call. May be called from many threads at once;
/// each call takes a lane with its own buffers, over one shared session.
/// </summary>
public sealed class LstmScorer : IDisposable
{
    /// <summary>Windows in one run; larger calls are cut.</summary>
    public const int RowsInRun = 256;

    // Beyond this many window scales everything is equally unusual; keeps a flat series' first change from giving a score of a million.
    private const double MaxDeviation = 100;

    private readonly InferenceSession? _session;
    private readonly Func<LstmEngine> _newEngine;
    private readonly ConcurrentBag<LstmScoringBuffers> _lanes = [];
    private readonly double[] _levels;
    private readonly int _median;

    private LstmScorer(LstmDesign design, InferenceSession? session, Func<LstmEngine> newEngine)
    {
        (Design, _session, _newEngine) = (design, session, newEngine);
        _levels = [.. design.Quantiles];
        _median = Array.IndexOf(_levels, 0.5);
    }

    public LstmDesign Design { get; }

    /// <summary>A scorer on ONNX Runtime, one thread for each call.</summary>
    /// <param name="model">Bytes of a file written by <see cref="LstmOnnx.ToOnnx"/>; the caller has checked its digest.</param>
    /// <exception cref="InvalidDataException">The file is not such a model, or fails its own sample.</exception>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime refuses the file.</exception>
    public static LstmScorer Load(byte[] model)
    {
        using var options = new SessionOptions
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            EnableCpuMemArena = false,
        };
        var session = new InferenceSession(model, options);
        LstmDesign? design = null;
        try
        {
            design = LstmModelFile.Read(session);
        }
        finally
        {
            if (design is null)
                session.Dispose();
        }
        return new(design, session, () => new OnnxLstmEngine(session, design, RowsInRun));
    }

    /// <summary>A scorer on our own kernel, for weights that were just trained; its quantiles are those of the ONNX form within 1e-5.</summary>
    public static LstmScorer Of(LstmNetwork network) => new(network.Design, null, () => new ManagedLstmEngine(network, RowsInRun));

    /// <summary>Scores each row's sample against the forecast one step ahead.</summary>
    /// <exception cref="ArgumentException">A row is wrong: a length, an input or a sample that is not finite; the message names its
    /// index.</exception>
    public void Score(ReadOnlySpan<LstmRow> rows, Span<LstmForecast> results)
    {
        for (var i = 0; i < rows.Length; i++)
            if (!double.IsFinite(rows[i].Actual))
                throw new ArgumentException(
                    $"row {i}: the sample to be judged is {rows[i].Actual}; it must be finite, a missing sample is not scored"
                );
        var lane = Rent();
        for (var from = 0; from < rows.Length; from += lane.Capacity)
        {
            var part = rows.Slice(from, Math.Min(lane.Capacity, rows.Length - from));
            lane.Run(part, from);
            for (var i = 0; i < part.Length; i++)
                results[from + i] = lane.Enough(i)
                    ? Judge(part[i].Actual - part[i].Offset, part[i].Offset, lane.Scale(i), lane.Quantiles(i)[.._levels.Length])
                    : LstmForecast.TooFewInputs;
        }
        _lanes.Add(lane);
    }

    /// <summary>
    /// Quantiles for every horizon in the series' unit, [row][horizon][level]; NaN for a row of which half or more is missing.
    /// <see cref="LstmRow.Actual"/> is not read.
    /// </summary>
    /// <exception cref="ArgumentException">As for <see cref="Score"/>.</exception>
    public void Forecast(ReadOnlySpan<LstmRow> rows, Span<double> quantiles)
    {
        var lane = Rent();
        var outputs = Design.Horizons * _levels.Length;
        for (var from = 0; from < rows.Length; from += lane.Capacity)
        {
            var part = rows.Slice(from, Math.Min(lane.Capacity, rows.Length - from));
            lane.Run(part, from);
            for (var i = 0; i < part.Length; i++)
            for (var q = 0; q < outputs; q++)
                quantiles[(from + i) * outputs + q] = lane.Enough(i) ? part[i].Offset + lane.Scale(i).Denormalise(lane.Quantiles(i)[q]) : double.NaN;
        }
        _lanes.Add(lane);
    }

    public void Dispose()
    {
        while (_lanes.TryTake(out var lane))
            lane.Dispose();
        _session?.Dispose();
    }

    private LstmForecast Judge(double actual, double offset, WindowScale scale, ReadOnlySpan<float> quantiles)
    {
        var surprise = QuantileTail.Surprise(_levels, quantiles, Math.Clamp(scale.Normalise(actual), -MaxDeviation, MaxDeviation));
        return new(
            offset + scale.Denormalise(quantiles[_median]),
            offset + scale.Denormalise(quantiles[0]),
            offset + scale.Denormalise(quantiles[^1]),
            Math.Exp(-surprise),
            surprise
        );
    }

    // A lane that an error interrupted is not put back; its buffers are collected.
    private LstmScoringBuffers Rent() => _lanes.TryTake(out var lane) ? lane : new(_newEngine());
}
