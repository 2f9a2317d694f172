using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Tests.Detection.Forest;

internal static class ForestRows
{
    internal static float[] Gaussian(int rows, int features, ulong seed)
    {
        var random = new Xoshiro256(seed);
        var values = new float[rows * features];
        foreach (ref var value in values.AsSpan())
            value = (float)random.NextGaussian();
        return values;
    }

    internal static float[] Row(float[] rows, int features, int row) => rows.AsSpan(row * features, features).ToArray();
}
