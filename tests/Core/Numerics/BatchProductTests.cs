using CsCheck;
using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Tests.Numerics;

public class BatchProductTests
{
    private static readonly Gen<(int M, int K, int Blocks, int Steps, ulong Seed)> Shapes = Gen.Select(
        Gen.Int[1, 11],
        Gen.Int[1, 9],
        Gen.Int[1, 3],
        Gen.Int[1, 4],
        Gen.ULong
    );

    [Fact]
    public void MultiplyAdd_AnyShape_EqualsThePlainLoop() =>
        Shapes.Sample(
            (m, k, blocks, _, seed) =>
            {
                var n = blocks * BatchProduct.ColumnBlock<double>();
                var random = new Xoshiro256(seed);
                double[] a = Draw(random, m * k),
                    x = Draw(random, k * n),
                    c = Draw(random, m * n);
                double[] expected = [.. c];
                for (var i = 0; i < m; i++)
                for (var j = 0; j < n; j++)
                for (var l = 0; l < k; l++)
                    expected[i * n + j] += a[i * k + l] * x[l * n + j];

                BatchProduct.MultiplyAdd<double>(a, x, c, m, k, n);

                AssertNear(expected, c);
            },
            iter: 200
        );

    [Fact]
    public void OuterAdd_AnyShapeAndSteps_EqualsThePlainLoop() =>
        Shapes.Sample(
            (m, k, blocks, steps, seed) =>
            {
                var n = blocks * BatchProduct.ColumnBlock<double>();
                int dStride = m * n + 5,
                    xStride = k * n + 3;
                var random = new Xoshiro256(seed);
                double[] d = Draw(random, steps * dStride),
                    x = Draw(random, steps * xStride),
                    g = Draw(random, m * k);
                double[] expected = [.. g];
                for (var s = 0; s < steps; s++)
                for (var i = 0; i < m; i++)
                for (var j = 0; j < k; j++)
                for (var b = 0; b < n; b++)
                    expected[i * k + j] += d[s * dStride + i * n + b] * x[s * xStride + j * n + b];

                BatchProduct.OuterAdd<double>(d, dStride, x, xStride, steps, g, m, k, n);

                AssertNear(expected, g);
            },
            iter: 200
        );

    [Fact]
    public void MultiplyAdd_ColumnsNotPadded_IsRefused() =>
        Assert.Throws<ArgumentException>(() => BatchProduct.MultiplyAdd<float>(new float[4], new float[6], new float[6], 2, 2, 3));

    private static double[] Draw(Xoshiro256 random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextGaussian())];

    private static void AssertNear(double[] expected, double[] actual)
    {
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 1e-11);
    }
}
