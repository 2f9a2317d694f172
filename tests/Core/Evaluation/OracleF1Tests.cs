using Dapr.Anomaly.Core.Evaluation;

namespace Dapr.Anomaly.Core.Tests.Evaluation;

public class OracleF1Tests
{
    [Theory]
    [MemberData(nameof(GoldenMetricsTests.Vectors), MemberType = typeof(GoldenMetricsTests))]
    public void F1_GoldenVector_AgreesToNineDigits(string vector)
    {
        var (_, labels, scores, expected) = GoldenVector.Read(vector);

        Assert.Equal(expected["Standard-F1"], OracleF1.Plain(labels, scores), 1e-9);
        // The benchmark's code never adjusts row 0, which costs an event that begins there one row.
        Assert.Equal(expected["PA-F1"], OracleF1.PointAdjusted(labels, scores), labels[0] ? 0.01 : 1e-9);
    }

    [Fact]
    public void PointAdjusted_Noise_IsPraised()
    {
        var labels = new bool[5000];
        labels.AsSpan(1000, 800).Fill(true);
        var random = new Core.Numerics.Xoshiro256(1);
        double[] noise = [.. labels.Select(_ => random.NextDouble())];

        Assert.InRange(OracleF1.Plain(labels, noise), 0.2, 0.35);
        Assert.InRange(OracleF1.PointAdjusted(labels, noise), 0.9, 1);
        Assert.True(OracleF1.PointAdjusted(labels, noise, 0.5) < OracleF1.PointAdjusted(labels, noise, 0.2));
    }
}
