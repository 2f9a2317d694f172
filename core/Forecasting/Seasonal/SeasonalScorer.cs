using System.Runtime.InteropServices;
using Dapr.Anomaly.Core.Series;
using MathNet.Numerics.Distributions;
using Microsoft.ML.OnnxRuntime;

namespace Dapr.Anomaly.Core.Forecasting.Seasonal;

/// <summary>Expected value and standard deviation of one instant, in the unit of the series.</summary>
public readonly record struct SeasonalExpectation(double Expected, double Deviation)
{
    /// <summary>Normal interval that encloses <paramref name="level"/> of the probability.</summary>
    public SeasonalPrediction Interval(double level)
    {
        var half = Normal.InvCDF(0, 1, 0.5 + level / 2) * Deviation;
        return new(Expected, Expected - half, Expected + half);
    }
}

/// <summary>Evaluates a seasonal bank with ONNX Runtime. Safe for concurrent use.</summary>
public sealed class SeasonalScorer : IDisposable
{
    private readonly InferenceSession _session;
    private readonly Dictionary<SeriesId, long> _rows;

    /// <param name="model">A file written by <see cref="SeasonalBank.ToOnnx"/>.</param>
    /// <exception cref="InvalidDataException">The file is not a seasonal bank.</exception>
    public SeasonalScorer(byte[] model)
    {
        using var options = new SessionOptions
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            EnableCpuMemArena = false,
        };
        _session = new(model, options);
        var metadata = _session.ModelMetadata.CustomMetadataMap;
        if (metadata.GetValueOrDefault(SeasonalBank.KindKey) != SeasonalBank.Kind || !metadata.TryGetValue(SeasonalBank.SeriesKey, out var series))
        {
            _session.Dispose();
            throw new InvalidDataException(
                $"the model is not a {SeasonalBank.Kind}: {SeasonalBank.KindKey} is \"{metadata.GetValueOrDefault(SeasonalBank.KindKey)}\""
            );
        }
        var ids = MemoryMarshal.Cast<byte, ulong>(Convert.FromBase64String(series));
        _rows = new(ids.Length);
        for (var i = 0; i < ids.Length; i++)
            _rows.Add(new(ids[i]), i);
    }

    public IReadOnlyCollection<SeriesId> Series => _rows.Keys;

    public bool Knows(SeriesId series) => _rows.ContainsKey(series);

    /// <summary>One expectation for each pair of series and epoch seconds; NaN in both parts where the bank does not know the series.</summary>
    public SeasonalExpectation[] Predict(ReadOnlySpan<SeriesId> series, ReadOnlySpan<double> epochSeconds)
    {
        if (series.Length != epochSeconds.Length)
            throw new ArgumentException($"{series.Length} series but {epochSeconds.Length} times", nameof(epochSeconds));
        var results = new SeasonalExpectation[series.Length];
        Array.Fill(results, new(double.NaN, double.NaN));
        List<int> positions = [];
        for (var i = 0; i < series.Length; i++)
            if (_rows.ContainsKey(series[i]))
                positions.Add(i);
        if (positions.Count == 0)
            return results;

        var index = new long[positions.Count];
        var days = new double[positions.Count];
        for (var i = 0; i < index.Length; i++)
        {
            index[i] = _rows[series[positions[i]]];
            days[i] = epochSeconds[positions[i]] / 86400;
        }
        using var indexValue = OrtValue.CreateTensorValueFromMemory(index, [index.Length]);
        using var daysValue = OrtValue.CreateTensorValueFromMemory(days, [days.Length, 1]);
        using var run = new RunOptions();
        using var outputs = _session.Run(run, ["idx", "t"], [indexValue, daysValue], ["yhat", "deviation"]);
        var expected = outputs[0].GetTensorDataAsSpan<double>();
        var deviation = outputs[1].GetTensorDataAsSpan<double>();
        for (var i = 0; i < index.Length; i++)
            results[positions[i]] = new(expected[i], deviation[i]);
        return results;
    }

    public void Dispose() => _session.Dispose();
}
