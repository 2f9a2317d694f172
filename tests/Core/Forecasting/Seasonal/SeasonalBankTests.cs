using Dapr.Anomaly.Core.Forecasting.Seasonal;
using Dapr.Anomaly.Core.Numerics;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Tests.Forecasting.Seasonal;

public class SeasonalBankTests
{
    private const double Start = 1_780_000_200;

    [Fact]
    public void ToOnnx_MixedModels_ScoreAsTheFittedModelsDo()
    {
        (SeriesId, FittedSeasonal)[] models =
        [
            (new(1), SeasonalSeries.Peyton().Fit(SeasonalOptions.Default)),
            (new(ulong.MaxValue), Fit(2, SeasonalOptions.Metrics)),
            (new(3), Fit(3, new() { Growth = SeasonalGrowth.Flat, Scaling = SeasonalScaling.MinMax })),
        ];

        using var scorer = new SeasonalScorer(SeasonalBank.ToOnnx(models));

        Assert.Equal(models.Select(m => m.Item1).ToHashSet(), scorer.Series.ToHashSet());
        foreach (var (series, model) in models)
            for (var i = 0; i < 200; i++)
            {
                var time = model.StartSeconds + model.TimeScaleSeconds * (i / 150.0);
                var scored = scorer.Predict([series], [time])[0];
                Assert.Equal(model.Expected(time), scored.Expected, 1e-9 * model.ValueScale);
                Assert.Equal(model.DeviationAt(time), scored.Deviation, 1e-9 * model.ValueScale);
                Assert.Equal(model.Predict(time).Upper, scored.Interval(model.Options.IntervalLevel).Upper, 1e-8 * model.ValueScale);
            }
    }

    [Fact]
    public void ToOnnx_DailyEvents_ScoreAsTheFittedModelsDo()
    {
        (SeriesId, FittedSeasonal)[] models = [(new(1), Cron(6)), (new(2), Fit(2, SeasonalOptions.Metrics)), (new(3), Cron(7))];
        Assert.NotNull(models[0].Item2.Template);
        Assert.Null(models[1].Item2.Template);

        using var scorer = new SeasonalScorer(SeasonalBank.ToOnnx(models));

        foreach (var (series, model) in models)
            for (var i = 0; i < 500; i++)
            {
                var time = model.StartSeconds + model.TimeScaleSeconds * 0.9 + i * 61.0;
                var scored = scorer.Predict([series], [time])[0];
                Assert.Equal(model.Expected(time), scored.Expected, 1e-9 * model.ValueScale);
                Assert.Equal(model.DeviationAt(time), scored.Deviation, 1e-9 * model.ValueScale);
            }
    }

    [Fact]
    public void Fit_CronJobEachDay_IsExpectedTomorrowAndOnlyThen()
    {
        var model = Cron(6);
        var midnight = Math.Ceiling((Start + 10.5 * 86400) / 86400) * 86400;

        Assert.Equal(60, model.Expected(midnight + 6 * 3600) - model.Expected(midnight + 5 * 3600 + 45 * 60), 3.0);
        Assert.Equal(
            0,
            model.Expected(midnight + 12 * 3600) - (model.Expected(midnight + 11.9 * 3600) + model.Expected(midnight + 12.1 * 3600)) / 2,
            0.2
        );
        // Within the slot in which the job begins, a sample of either level is less of a surprise.
        Assert.True(model.DeviationAt(midnight + 6 * 3600 - 120) > 10 * model.DeviationAt(midnight + 12 * 3600));
    }

    [Fact]
    public void Fit_EventOnFewDays_IsNotTakenForDaily()
    {
        double[] seconds = [.. Enumerable.Range(0, 1500).Select(i => Start + i * 600.0)];
        var values = Values(seconds, 6);
        for (var r = 0; r < values.Length; r++)
            if (seconds[r] % 86400 is >= 6 * 3600 and < 6 * 3600 + 1200 && seconds[r] / 86400 % 7 < 3)
                values[r] += 60;

        Assert.Null(SeasonalModel.Fit(seconds, values, SeasonalOptions.Metrics).Template);
    }

    [Fact]
    public void Predict_UnknownSeriesAmongKnown_IsNaNAndLeavesTheOthers()
    {
        var model = Fit(5, SeasonalOptions.Metrics);
        using var scorer = new SeasonalScorer(SeasonalBank.ToOnnx([(new(1), model)]));

        var scored = scorer.Predict([new(9), new(1)], [Start, Start]);

        Assert.True(double.IsNaN(scored[0].Expected));
        Assert.Equal(model.Expected(Start), scored[1].Expected, 1e-9 * model.ValueScale);
        Assert.False(scorer.Knows(new(9)));
    }

    [Fact]
    public void ToOnnx_SameModels_AreTheSameBytes() =>
        Assert.Equal(
            SeasonalBank.ToOnnx([(new(1), Fit(1, SeasonalOptions.Metrics))]),
            SeasonalBank.ToOnnx([(new(1), Fit(1, SeasonalOptions.Metrics))])
        );

    [Fact]
    public void ToOnnx_MultiplicativeModel_NamesTheSeries()
    {
        var model = Fit(1, new() { Mode = SeasonalityMode.Multiplicative, Changepoints = 3 });

        var error = Assert.Throws<ArgumentException>(() => SeasonalBank.ToOnnx([(new(0xabc), model)]));

        Assert.Contains("0000000000000abc", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void GridFit_ManySeriesWithGaps_EqualsTheSingleFits()
    {
        double[] seconds = [.. Enumerable.Range(0, 1500).Select(i => Start + i * 600.0)];
        var series = Enumerable.Range(0, 6).Select(i => Values(seconds, (ulong)i)).ToArray();
        // Gaps early and late: a series that keeps its first and last row keeps its time scale.
        series[1].AsSpan(200, 40).Fill(double.NaN);
        series[2].AsSpan(1, 1000).Fill(double.NaN);
        series[3].AsSpan().Fill(double.NaN);
        var options = SeasonalOptions.Metrics with { Changepoints = 0 };

        var fitted = new SeasonalGrid(seconds, options).FitAll([.. series.Select(s => (ReadOnlyMemory<double>)s)]);

        Assert.Null(fitted[3]);
        foreach (var i in (ReadOnlySpan<int>)[0, 1, 2, 4, 5])
        {
            var single = SeasonalModel.Fit(seconds, series[i], options);
            Assert.Equal(single.Objective, fitted[i]!.Objective, 1e-7 * Math.Abs(single.Objective));
            Assert.Equal(single.Expected(seconds[^1] + 86400), fitted[i]!.Expected(seconds[^1] + 86400), 1e-6);
        }
    }

    private static FittedSeasonal Fit(ulong seed, SeasonalOptions options)
    {
        double[] seconds = [.. Enumerable.Range(0, 1500).Select(i => Start + i * 600.0)];
        return SeasonalModel.Fit(seconds, Values(seconds, seed), options);
    }

    private static FittedSeasonal Cron(ulong seed)
    {
        double[] seconds = [.. Enumerable.Range(0, 1500).Select(i => Start + i * 600.0)];
        var values = Values(seconds, seed);
        for (var r = 0; r < values.Length; r++)
            if (seconds[r] % 86400 is >= 6 * 3600 and < 6 * 3600 + 1200)
                values[r] += 60;
        return SeasonalModel.Fit(seconds, values, SeasonalOptions.Metrics);
    }

    private static double[] Values(double[] seconds, ulong seed)
    {
        var random = new Xoshiro256(seed);
        var phase = random.NextDouble() * 86400;
        return [.. seconds.Select(s => 40 + 1e-6 * (s - Start) + 12 * Math.Sin(2 * Math.PI * (s + phase) / 86400) + random.NextGaussian())];
    }
}
