using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Tests.Numerics;

/// <summary>The kernels against numpy, scipy, pandas and statsmodels.</summary>
public class StatisticsReferenceTests
{
    private const string File = "golden/reference/stats.json";

    [Fact]
    public void RollingKernels_EqualNumpy()
    {
        var root = GoldenData.LargeJson(File);
        var compared = 0;
        foreach (var entry in root.GetProperty("rolling").EnumerateObject())
        {
            var rolling = entry.Value;
            var name = rolling.GetProperty("series").GetString()!;
            var series = root.GetProperty("series").GetProperty(name).Numbers();
            var offset = name == "counter_bytes" ? series[0] : 0;
            // The references of the counter series were rounded at 1e11 before the window's offset is taken away.
            var tolerance = name == "counter_bytes" ? 1e-6 : 1e-9;
            var window = (int)rolling.Number("window");
            var means = rolling.GetProperty("mean").Numbers();
            for (var i = 0; i < series.Length; i++)
            {
                if (double.IsNaN(means[i]))
                    continue;
                var values = series[Math.Max(0, i - window + 1)..(i + 1)].Where(v => !double.IsNaN(v)).Select(v => v - offset).ToArray();
                var moments = Moments.Of(values);
                Near("mean", moments.Mean + offset);
                if (values.Length > 1)
                    Near("std_ddof1", moments.Std);
                Near("min", moments.Min + offset);
                Near("max", moments.Max + offset);
                var median = OrderStatistics.Median(values);
                Near("median", median + offset);
                Near("q95_linear", OrderStatistics.Quantile(values, 0.95) + offset);
                Near("mad_raw", OrderStatistics.MedianAbsoluteDeviation(values, median));
                compared++;

                void Near(string figure, double seen)
                {
                    var expected = rolling.GetProperty(figure)[i].Number();
                    Assert.True(
                        Math.Abs(expected - seen) <= tolerance * Math.Max(1, Math.Abs(expected)),
                        $"{entry.Name} {figure}[{i}]: {expected} expected, {seen} seen"
                    );
                }
            }
        }
        Assert.True(compared > 1500, $"only {compared} windows were compared");
    }

    [Fact]
    public void Quantile_WholeSeries_EqualsNumpy()
    {
        var root = GoldenData.LargeJson(File);
        foreach (var entry in root.GetProperty("whole").EnumerateObject())
        {
            var values = root.GetProperty("series").GetProperty(entry.Name).Numbers().Where(v => !double.IsNaN(v)).ToArray();
            foreach (var quantile in entry.Value.GetProperty("quantiles").EnumerateObject())
                Assert.Equal(
                    quantile.Value.Number(),
                    OrderStatistics.Quantile(values, double.Parse(quantile.Name, System.Globalization.CultureInfo.InvariantCulture)),
                    1e-9 * Math.Max(1, Math.Abs(quantile.Value.Number()))
                );
        }
    }

    [Fact]
    public void ExponentialMoments_RegularSteps_EqualPandasThatIgnoresGaps()
    {
        var root = GoldenData.LargeJson(File);
        foreach (var entry in root.GetProperty("ewma").EnumerateObject().Where(e => e.Value.TryGetProperty("halflife", out _)))
        {
            var series = root.GetProperty("series").GetProperty(entry.Value.GetProperty("series").GetString()!).Numbers();
            var decay = Math.Pow(2, -1 / entry.Value.Number("halflife"));
            var expected = entry.Value.GetProperty("mean_bias_corrected").Numbers();
            var moments = default(ExponentialMoments);
            for (var i = 0; i < series.Length; i++)
            {
                if (double.IsNaN(series[i]))
                    continue;
                moments.Add(series[i], decay, decay);
                Assert.Equal(expected[i], moments.Mean, 1e-9 * Math.Max(1, Math.Abs(expected[i])));
            }
        }
    }

    [Fact]
    public void ExponentialMoments_PlainRecursionWithIrregularTimes_EqualsTheReference()
    {
        var irregular = GoldenData.LargeJson(File).GetProperty("ewma").GetProperty("irregular_times_hl120s");
        var times = irregular.GetProperty("times_s").Numbers();
        var values = irregular.GetProperty("values").Numbers();
        var means = irregular.GetProperty("mean_models_md_4_1").Numbers();
        var variances = irregular.GetProperty("var_models_md_4_1").Numbers();
        var moments = default(ExponentialMoments);
        moments.Blend(values[0], 1);
        for (var i = 1; i < values.Length; i++)
        {
            moments.Blend(values[i], 1 - Math.Pow(2, -(times[i] - times[i - 1]) / 120));
            Assert.Equal(means[i], moments.Mean, 1e-9);
            Assert.Equal(variances[i], moments.Variance, 1e-9);
        }
    }

    [Fact]
    public void ExponentialMoments_MergedHalves_EqualTheWhole()
    {
        var random = new Xoshiro256(1);
        var decay = Math.Pow(2, -1 / 20.0);
        ExponentialMoments whole = default,
            first = default,
            second = default;
        for (var i = 0; i < 100; i++)
        {
            var value = random.NextGaussian() + (i < 60 ? 0 : 3);
            whole.Add(value, decay, decay);
            if (i < 60)
                first.Add(value, decay, decay);
            else
                second.Add(value, decay, decay);
        }

        second.Merge(first, Math.Pow(decay, 40));

        Assert.Equal(whole.Mean, second.Mean, 1e-12);
        Assert.Equal(whole.Variance, second.Variance, 1e-12);
        Assert.Equal(whole.Mass, second.Mass, 1e-12);
    }

    [Fact]
    public void Autocorrelation_EqualsStatsmodelsAndIsZeroWithoutVariance()
    {
        var root = GoldenData.LargeJson(File);
        foreach (var entry in root.GetProperty("autocorrelation").EnumerateObject())
        {
            var series = root.GetProperty("series").GetProperty(entry.Name).Numbers();
            var mean = series.Average();
            var centered = series.Select(v => v - mean).ToArray();
            var squares = centered.Sum(v => v * v);
            if (!entry.Value.TryGetProperty("biased", out var biased))
            {
                Assert.Equal(0, Autocorrelation.At(centered, squares, 1));
                continue;
            }
            var expected = biased.Numbers();
            for (var lag = 0; lag < expected.Length; lag++)
                Assert.Equal(expected[lag], Autocorrelation.At(centered, squares, lag), 1e-9);
        }
    }

    [Fact]
    public void Spectrum_ZeroPadded_HoldsTheBinsOfScipy()
    {
        var root = GoldenData.LargeJson(File);
        foreach (var entry in root.GetProperty("spectrum").EnumerateObject())
        {
            var length = (int)entry.Value.Number("length");
            var series = root.GetProperty("series").GetProperty(entry.Name).Numbers()[..length];
            var expected = entry.Value.GetProperty("rfft_magnitude_linear_detrended_hann").Numbers();
            var power = new double[Spectrum.Bins];

            Spectrum.Power(series, power);

            var scale = Math.Max(1, expected.Max());
            for (var k = 0; k < expected.Length; k++)
                Assert.Equal(expected[k], Math.Sqrt(power[k * Spectrum.Length / length]), 1e-9 * scale);
        }
    }

    [Fact]
    public void Transform_EqualsThePlainSum()
    {
        var random = new Xoshiro256(3);
        var re = Enumerable.Range(0, Spectrum.Length).Select(_ => random.NextGaussian()).ToArray();
        var im = Enumerable.Range(0, Spectrum.Length).Select(_ => random.NextGaussian()).ToArray();
        var expected = Enumerable
            .Range(0, Spectrum.Length)
            .Select(k =>
            {
                double sumRe = 0,
                    sumIm = 0;
                for (var t = 0; t < Spectrum.Length; t++)
                {
                    var (sin, cos) = Math.SinCos(-2 * Math.PI * k * t / Spectrum.Length);
                    sumRe += re[t] * cos - im[t] * sin;
                    sumIm += re[t] * sin + im[t] * cos;
                }
                return (sumRe, sumIm);
            })
            .ToArray();

        Spectrum.Transform(re, im);

        for (var k = 0; k < Spectrum.Length; k++)
        {
            Assert.Equal(expected[k].sumRe, re[k], 1e-10);
            Assert.Equal(expected[k].sumIm, im[k], 1e-10);
        }
    }

    [Fact]
    public void Select_AnyValues_EqualsSorting()
    {
        var random = new Xoshiro256(9);
        for (var round = 0; round < 500; round++)
        {
            var values = Enumerable.Range(0, 1 + random.Next(60)).Select(_ => (double)random.Next(round % 2 == 0 ? 5 : 1000)).ToArray();
            var sorted = values.Order().ToArray();
            var rank = random.Next(values.Length);

            Assert.Equal(sorted[rank], OrderStatistics.Select(values, rank));
            Assert.Equal(sorted, values.Order());
            Assert.All(values[..rank], v => Assert.True(v <= sorted[rank]));
            Assert.All(values[rank..], v => Assert.True(v >= sorted[rank]));
        }
    }
}
