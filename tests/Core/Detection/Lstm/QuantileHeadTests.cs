using CsCheck;
using Dapr.Anomaly.Core.Detection.Lstm;
using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Tests.Detection.Lstm;

public class QuantileHeadTests
{
    [Fact]
    public void Quantiles_AnyRows_NeverCrossAndTheMedianIsTheRow() =>
        Gen.Select(Gen.Float[-30, 30].Array[2 * 5], Gen.Const(0))
            .Sample(
                (raw, _) =>
                {
                    var head = new QuantileHead([0.01, 0.1, 0.5, 0.9, 0.99], 2);
                    var quantiles = new float[10];

                    head.Quantiles<float>(raw, quantiles, 1, 1);

                    for (var h = 0; h < 2; h++)
                    {
                        Assert.Equal(raw[h], quantiles[h * 5 + 2]);
                        for (var q = 1; q < 5; q++)
                            Assert.True(quantiles[h * 5 + q] >= quantiles[h * 5 + q - 1]);
                    }
                }
            );

    [Fact]
    public void GapMatrix_TimesGaps_GivesTheSameQuantiles()
    {
        var random = new Xoshiro256(2);
        var head = new QuantileHead([0.05, 0.25, 0.5, 0.75, 0.9, 0.99], 1);
        float[] raw = [.. Enumerable.Range(0, 6).Select(_ => (float)random.NextGaussian())];
        var quantiles = new float[6];
        head.Quantiles<float>(raw, quantiles, 1, 1);
        var matrix = head.GapMatrix();

        for (var level = 0; level < 6; level++)
        {
            var value = raw[0];
            for (var gap = 0; gap < 5; gap++)
                value += matrix[gap * 6 + level] * MathF.Log(1 + MathF.Exp(raw[1 + gap]));
            Assert.Equal(value, quantiles[level], 1e-5);
        }
    }

    [Theory]
    [InlineData(0.1, 0.9)]
    [InlineData(0.5, 0.9)]
    [InlineData(0.9, 0.5, 0.1)]
    [InlineData(0.0, 0.5, 0.9)]
    public void Constructor_LevelsThatCannotBe_AreRefused(params double[] levels) =>
        Assert.Throws<ArgumentException>(() => new QuantileHead(levels, 1));

    [Fact]
    public void Pinball_ReferenceExamples_GivesLossAndSlopes()
    {
        var example = LstmReference.Root.GetProperty("loss_examples");
        var levels = LstmReference.Flat(example.GetProperty("quantiles"));
        var targets = LstmReference.Flat(example.GetProperty("y"));
        var loss = 0.0;

        for (var n = 0; n < targets.Length; n++)
        for (var q = 0; q < levels.Length; q++)
        {
            var (rho, slope) = Pinball.At(levels[q], targets[n], example.GetProperty("q")[n][q].GetDouble());
            loss += rho / targets.Length;
            Assert.Equal(example.GetProperty("pinball_grad_q")[n][q].GetDouble(), slope / targets.Length, 1e-12);
        }

        Assert.Equal(example.GetProperty("pinball").GetDouble(), loss, 1e-12);
    }

    [Fact]
    public void Pinball_AtTheQuantile_HasNoSlope() => Assert.Equal((0.0, 0.0), Pinball.At(0.3, 2.0, 2.0));
}
