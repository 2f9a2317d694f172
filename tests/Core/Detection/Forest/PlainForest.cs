using Dapr.Anomaly.Core.Detection.Forest;

namespace Dapr.Anomaly.Core.Tests.Detection.Forest;

/// <summary>The textbook walk in double precision: oracle of the padded, the attributing and the ONNX form.</summary>
internal static class PlainForest
{
    internal static double Score(FittedForest forest, float[] row) =>
        Math.Pow(2, -forest.Trees.Average(tree => Path(tree, row, 0, 0)) / PathLength.Average(forest.Subsample));

    internal static double Path(IsolationTree tree, float[] row, int node, int depth)
    {
        if (tree.Feature[node] < 0)
            return depth + PathLength.Average(tree.Rows[node]);
        var goesLeft = row[tree.Feature[node]] <= tree.Threshold[node];
        return Path(tree, row, goesLeft ? tree.Left[node] : tree.Right[node], depth + 1);
    }

    internal static int Leaf(IsolationTree tree, float[] row)
    {
        var node = 0;
        while (tree.Feature[node] >= 0)
            node = row[tree.Feature[node]] <= tree.Threshold[node] ? tree.Left[node] : tree.Right[node];
        return node;
    }
}
