using CsCheck;
using Dapr.Anomaly.Core.Detection.Bank;
using Dapr.Anomaly.Core.Numerics;
using Dapr.Anomaly.Core.Series;
using Microsoft.ML.OnnxRuntime;

namespace Dapr.Anomaly.Core.Tests.Detection.Bank;

public class BankTests
{
    private static readonly Dictionary<string, string> NoMetadata = [];

    [Fact]
    public void Score_AnyWindow_IsTheMeanOfTheThreeSmallestDistances() =>
        Gen.Select(Gen.ULong, Gen.Int[3, 40], Gen.Int[2, 50])
            .Sample(
                (seed, count, length) =>
                {
                    var random = new Xoshiro256(seed);
                    float[] entries = [.. Enumerable.Range(0, count * length).Select(_ => (float)random.NextGaussian())];
                    float[] window = [.. Enumerable.Range(0, length).Select(_ => (float)random.NextGaussian())];
                    var bank = new FittedBank(entries, length);

                    var expected = Enumerable
                        .Range(0, count)
                        .Select(e => Math.Sqrt(Enumerable.Range(0, length).Sum(i => Math.Pow(window[i] - entries[e * length + i], 2)) / length))
                        .Order()
                        .Take(3)
                        .Average();

                    Assert.Equal(expected, bank.Score(window), 1e-5);
                }
            );

    [Fact]
    public void Score_OnnxAndOwnKernel_AgreeTo1e5()
    {
        SeriesBank[] banks = [Bank(1, 48), Bank(2, 48), Bank(3, 48)];
        using var session = new InferenceSession(BankOnnx.ToOnnx(banks, NoMetadata));
        // Windows as the series has them, far from it, and beyond the limit of the scale.
        var random = new Xoshiro256(9);
        long[] of = [.. Enumerable.Range(0, 30).Select(i => i % 3L)];
        double[] windows = [.. Enumerable.Range(0, 48 * 30).Select(i => 40 + (Math.Pow(10, i / 48 % 4 - 1) * 5 * random.NextGaussian()))];
        using var series = OrtValue.CreateTensorValueFromMemory(of, [of.Length]);
        using var input = OrtValue.CreateTensorValueFromMemory(windows, [of.Length, 48]);
        using var options = new RunOptions();
        using var outputs = session.Run(options, ["idx", "windows"], [series, input], ["score"]);

        var onnx = outputs[0].GetTensorDataAsSpan<float>();
        for (var i = 0; i < of.Length; i++)
        {
            var (_, scale, bank) = banks[of[i]];
            float[] scaled = [.. windows.AsSpan(i * 48, 48).ToArray().Select(scale.Apply)];
            Assert.Equal(onnx[i], bank.Score(scaled), 1e-5f * Math.Max(1, onnx[i]));
        }
    }

    [Fact]
    public void FromOnnx_WhatWasWritten_IsTheSame()
    {
        SeriesBank[] banks = [Bank(1, 16), Bank(2, 16)];

        var read = BankOnnx.FromOnnx(BankOnnx.ToOnnx(banks, NoMetadata));

        Assert.Equal(banks.Select(b => (b.Series, b.Scale)), read.Select(b => (b.Series, b.Scale)));
        for (var i = 0; i < banks.Length; i++)
            Assert.Equal(banks[i].Bank.Entries, read[i].Bank.Entries);
        Assert.Equal(BankOnnx.ToOnnx(banks, NoMetadata), BankOnnx.ToOnnx(read, NoMetadata));
    }

    [Fact]
    public void ToOnnx_BanksOfDifferentSizes_NamesTheSeries()
    {
        var error = Assert.Throws<ArgumentException>(() => BankOnnx.ToOnnx([Bank(1, 16), Bank(2, 48)], NoMetadata));

        Assert.Contains($"series {new SeriesId(2)}: its bank has 64 windows of 48, the first one 64 of 16", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromOnnx_BytesThatAreNoModel_AreRefused() => Assert.Throws<InvalidDataException>(() => BankOnnx.FromOnnx([1, 2, 3]));

    [Fact]
    public void Fit_SameSeed_GivesTheSameBank()
    {
        Assert.Equal(Entries(7), Entries(7));
        Assert.NotEqual(Entries(7), Entries(8));

        float[] Entries(ulong seed) => Fit(Wave(2000, 1), new(16, Seed: seed)).Entries.ToArray();
    }

    [Fact]
    public void Fit_EveryEntry_IsARealWindow()
    {
        var series = Wave(600, 1);
        var scale = BankScale.Of(series.Values.Span, default);
        var scaled = new float[600];
        scale.Apply(series.Values.Span, scaled);
        var bank = Fit(series, new(16, 50));

        for (var e = 0; e < bank.Count; e++)
        {
            var entry = bank.Entries.Slice(e * 16, 16).ToArray();
            Assert.Contains(Enumerable.Range(0, 585), start => scaled.AsSpan(start, 16).SequenceEqual(entry));
        }
        Assert.Equal(50, bank.Count);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(48)]
    public void Score_LevelThatMoved_IsFarMoreSurprisingThanNormal(int length)
    {
        var series = Wave(4000, 1);
        var bank = Fit(series, new(length));
        var scale = BankScale.Of(series.Values.Span, default);
        float[] normal = new float[length],
            moved = new float[length];
        scale.Apply(series.Values.Span.Slice(1000, length), normal);
        scale.Around(-25, 1).Apply(series.Values.Span.Slice(1000, length), moved);

        Assert.True(bank.Score(moved) > 5 * bank.Score(normal), $"{bank.Score(moved)} against {bank.Score(normal)}");
    }

    [Fact]
    public void Fit_WindowsThatTouchMissingSamples_AreNotLearned()
    {
        var series = Wave(1000, 1);
        var values = series.Values.ToArray();
        var missing = new bool[1000];
        for (var i = 300; i < 400; i++)
        {
            values[i] = i % 2 == 0 ? float.NaN : 1e9f;
            missing[i] = true;
        }

        var bank = Fit(new(values, missing, "holes"), new(16));

        Assert.True(System.Numerics.Tensors.TensorPrimitives.MaxMagnitude(bank.Entries) < 10);
    }

    [Fact]
    public void Fit_SeriesThatRepeatsItselfExactly_StillGivesAFullBankThatSeesAChange()
    {
        float[] values = [.. Enumerable.Range(0, 1000).Select(i => i % 4 < 2 ? 1f : 3f)];

        var bank = Fit(new(values, default, "square"), new(16));

        Assert.Equal(64, bank.Count);
        Assert.Equal(0, bank.Score(bank.Entries[..16]));
        Assert.True(bank.Score([.. Enumerable.Repeat(5f, 16)]) > 2);
    }

    [Fact]
    public void Fit_SeriesThatNeverMoves_StillGivesABank()
    {
        var bank = Fit(new(new float[500], default, "flat"), new(16));

        Assert.Equal(0, bank.Score(new float[16]));
        Assert.True(bank.Score([.. Enumerable.Repeat(5f, 16)]) > 2);
    }

    [Fact]
    public void Fit_ValueThatIsNotFinite_NamesSeriesAndPlace()
    {
        var values = Wave(100, 1).Values.ToArray();
        values[3] = float.NaN;

        var error = Assert.Throws<ArgumentException>(() => Fit(new(values, default, "checkout cpu"), new(16)));

        Assert.Equal("series checkout cpu: value 3 of 100 is NaN; samples that are not there must be marked missing", error.Message);
    }

    [Fact]
    public void Score_WindowThatIsNotFinite_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new FittedBank(new float[8], 2).Score([float.NaN, 1]));

    [Fact]
    public void Of_SeriesThatNeverMoves_HasAPositiveScale() => Assert.True(BankScale.Of(new float[10], default).Scale > 0);

    private static FittedBank Fit(BankSeries series, BankOptions options) =>
        BankTrainer.Fit(series, BankScale.Of(series.Values.Span, series.Missing.Span), options);

    private static SeriesBank Bank(ulong seed, int length)
    {
        var series = Wave(4000, seed);
        return new(new(seed), BankScale.Of(series.Values.Span, default), Fit(series, new(length)));
    }

    private static BankSeries Wave(int length, ulong seed)
    {
        var random = new Xoshiro256(seed);
        float[] values = [.. Enumerable.Range(0, length).Select(i => (float)(40 + 5 * Math.Sin(2 * Math.PI * i / 60) + random.NextGaussian()))];
        return new(values, default, $"wave {seed}");
    }
}
