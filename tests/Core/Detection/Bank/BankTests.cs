using CsCheck;
using Dapr.Anomaly.Core.Detection.Bank;
using Dapr.Anomaly.Core.Numerics;
using Microsoft.ML.OnnxRuntime;

namespace Dapr.Anomaly.Core.Tests.Detection.Bank;

public class BankTests
{
    private static readonly Dictionary<string, string> NoMetadata = [];

    [Fact]
    public void Surprise_OneToTwenty_GivesTheWorkedValues()
    {
        var calibration = new BankCalibration(Enumerable.Range(1, 20).Select(i => (float)i));

        Assert.Equal(6.969252, calibration.Surprise(25), 1e-6);
        Assert.Equal(0.602175, calibration.Surprise(10), 1e-6);
        Assert.Equal(0, calibration.Surprise(0));
    }

    [Fact]
    public void Surprise_LargerScore_IsNeverSmaller() =>
        Gen.Select(Gen.Float[0, 5].Array[10, 60], Gen.Double[0, 10], Gen.Double[0, 10])
            .Sample(
                (scores, score, more) =>
                {
                    var calibration = new BankCalibration(scores);
                    Assert.True(calibration.Surprise(score) >= 0 && calibration.Surprise(score + more) >= calibration.Surprise(score));
                }
            );

    [Fact]
    public void Score_AnyWindow_IsTheMeanOfTheThreeSmallestDistances() =>
        Gen.Select(Gen.ULong, Gen.Int[3, 40], Gen.Int[2, 50])
            .Sample(
                (seed, count, length) =>
                {
                    var random = new Xoshiro256(seed);
                    float[] entries = [.. Enumerable.Range(0, count * length).Select(_ => (float)random.NextGaussian())];
                    float[] window = [.. Enumerable.Range(0, length).Select(_ => (float)random.NextGaussian())];
                    var bank = new FittedBank(entries, length, 1, Calibration());

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
        var bank = BankTrainer.Fit([Wave(4000, 1), Wave(4000, 2)], new(48));
        using var session = new InferenceSession(bank.ToOnnx(NoMetadata));
        // Windows near the bank, far from it, and an entry itself, where the squared form cancels.
        var random = new Xoshiro256(9);
        float[] windows =
        [
            .. bank.Entries[..48],
            .. Enumerable.Range(0, 48 * 30).Select(i => (float)(Math.Pow(10, i / 48 % 3 - 1) * 5 * random.NextGaussian())),
        ];
        using var input = OrtValue.CreateTensorValueFromMemory(windows, [windows.Length / 48, 48]);
        using var options = new RunOptions();
        using var outputs = session.Run(options, ["windows"], [input], ["score"]);
        var own = new float[windows.Length / 48];

        bank.Score(windows, own);

        var onnx = outputs[0].GetTensorDataAsSpan<float>();
        for (var i = 0; i < own.Length; i++)
            Assert.Equal(onnx[i], own[i], 1e-5f * Math.Max(1, own[i]));
    }

    [Fact]
    public void FromOnnx_WhatWasWritten_ScoresAndCalibratesTheSame()
    {
        var bank = BankTrainer.Fit([Wave(2000, 1)], new(16));

        var read = BankOnnx.FromOnnx(bank.ToOnnx(NoMetadata));

        Assert.Equal(bank.Entries, read.Entries);
        Assert.Equal(bank.Calibration.Scores, read.Calibration.Scores);
        Assert.Equal((bank.Length, bank.Count, bank.Seed), (read.Length, read.Count, read.Seed));
        Assert.Equal(bank.ToOnnx(NoMetadata), read.ToOnnx(NoMetadata));
    }

    [Fact]
    public void FromOnnx_BytesThatAreNoModel_AreRefused() => Assert.Throws<InvalidDataException>(() => BankOnnx.FromOnnx([1, 2, 3]));

    [Fact]
    public void Fit_SameSeed_GivesTheSameBank()
    {
        Assert.Equal(Entries(7), Entries(7));
        Assert.NotEqual(Entries(7), Entries(8));

        float[] Entries(ulong seed) => BankTrainer.Fit([Wave(2000, 1)], new(16, Seed: seed)).Entries.ToArray();
    }

    [Fact]
    public void Fit_EveryEntry_IsARealWindow()
    {
        var series = Wave(600, 1);
        var scale = BankScale.Of(series.Values.Span, default);
        var scaled = new float[600];
        scale.Apply(series.Values.Span, 0, scaled);
        var bank = BankTrainer.Fit([series], new(16, 50));

        for (var e = 0; e < bank.Count; e++)
        {
            var entry = bank.Entries.Slice(e * 16, 16).ToArray();
            Assert.Contains(Enumerable.Range(0, 585), start => scaled.AsSpan(start, 16).SequenceEqual(entry));
        }
        Assert.Equal(50, bank.Count);
    }

    [Fact]
    public void Fit_FreshNormalWindows_AreSurprisingAsOftenAsTheySay()
    {
        var series = Wave(6000, 1);
        var bank = BankTrainer.Fit([series with { Values = series.Values[..4000] }], new(16));
        var scale = BankScale.Of(series.Values.Span[..4000], default);
        var window = new float[16];
        var beyond = 0;
        for (var start = 4000; start < 5984; start++)
        {
            scale.Apply(series.Values.Span.Slice(start, 16), 0, window);
            beyond += bank.Calibration.Surprise(bank.Score(window)) > Math.Log(10) ? 1 : 0;
        }

        Assert.InRange(beyond / 1984.0, 0.05, 0.16);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(48)]
    public void Score_LevelThatMoved_IsFarMoreSurprisingThanNormal(int length)
    {
        var series = Wave(4000, 1);
        var bank = BankTrainer.Fit([series], new(length));
        var scale = BankScale.Of(series.Values.Span, default);
        float[] normal = new float[length],
            moved = new float[length];
        scale.Apply(series.Values.Span.Slice(1000, length), 0, normal);
        scale.Apply(series.Values.Span.Slice(1000, length), 25, moved);

        Assert.True(bank.Calibration.Surprise(bank.Score(moved)) > bank.Calibration.Surprise(bank.Score(normal)) + 5);
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

        var bank = BankTrainer.Fit([new(values, missing, "holes")], new(16));

        Assert.True(System.Numerics.Tensors.TensorPrimitives.MaxMagnitude(bank.Entries) < 10);
    }

    [Fact]
    public void Fit_SeriesThatRepeatsItselfExactly_StillGivesAFullBankThatSeesAChange()
    {
        float[] values = [.. Enumerable.Range(0, 1000).Select(i => i % 4 < 2 ? 1f : 3f)];

        var bank = BankTrainer.Fit([new(values, default, "square")], new(16));

        Assert.Equal(192, bank.Count);
        Assert.Equal(0, bank.Score(bank.Entries[..16]));
        Assert.True(bank.Calibration.Surprise(bank.Score([.. Enumerable.Repeat(5f, 16)])) > 100);
    }

    [Fact]
    public void Fit_SeriesThatNeverMoves_StillGivesABank()
    {
        var bank = BankTrainer.Fit([new(new float[500], default, "flat")], new(16));

        Assert.Equal(0, bank.Calibration.Surprise(bank.Score(new float[16])), 0.2);
        Assert.True(bank.Calibration.Surprise(bank.Score([.. Enumerable.Repeat(5f, 16)])) > 100);
    }

    [Fact]
    public void Fit_ValueThatIsNotFinite_NamesSeriesAndPlace()
    {
        var values = Wave(100, 1).Values.ToArray();
        values[3] = float.NaN;

        var error = Assert.Throws<ArgumentException>(() => BankTrainer.Fit([new(values, default, "checkout cpu")], new(16)));

        Assert.Equal("series checkout cpu: value 3 of 100 is NaN; samples that are not there must be marked missing", error.Message);
    }

    [Fact]
    public void Score_WindowThatIsNotFinite_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new FittedBank(new float[8], 2, 1, Calibration()).Score([float.NaN, 1]));

    [Fact]
    public void Of_SeriesThatNeverMoves_HasAPositiveScale() => Assert.True(BankScale.Of(new float[10], default).Scale > 0);

    private static BankCalibration Calibration() => new(Enumerable.Range(1, 20).Select(i => (float)i));

    private static BankSeries Wave(int length, ulong seed)
    {
        var random = new Xoshiro256(seed);
        float[] values = [.. Enumerable.Range(0, length).Select(i => (float)(40 + 5 * Math.Sin(2 * Math.PI * i / 60) + random.NextGaussian()))];
        return new(values, default, $"wave {seed}");
    }
}
