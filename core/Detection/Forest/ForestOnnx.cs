using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Dapr.Anomaly.Core.Models.Onnx;
using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Detection.Forest;

/// <summary>
/// The ONNX form of a forest: <c>features</c> float [N, F] → <c>score</c> float [N, 1], a TreeEnsembleRegressor (ai.onnx.ml 3), then 2^(−sum /
/// (t·c(ψ))).
/// </summary>
public static class ForestOnnx
{
    public const string Kind = "isolation-forest";

    internal const string InputName = "features",
        OutputName = "score";

    private const int SampleRows = 4;

    /// <summary>Writes the model. The same forest and metadata give the same bytes.</summary>
    /// <param name="forest">The grown forest.</param>
    /// <param name="featureNames">Columns, in order.</param>
    /// <param name="schemaHash">Hash of the feature schema; a scorer of another schema refuses the file.</param>
    /// <param name="metadata">Further <c>anomaly.</c> entries: signal kind, training window, code version.</param>
    public static byte[] ToOnnx(
        this FittedForest forest,
        IReadOnlyList<string> featureNames,
        string schemaHash,
        IReadOnlyDictionary<string, string> metadata
    )
    {
        if (featureNames.Count != forest.FeatureCount)
            throw new ArgumentException($"the forest has {forest.FeatureCount} features, {featureNames.Count} names given", nameof(featureNames));
        var graph = Graph(forest);
        foreach (var (key, value) in metadata)
            graph.Metadata(key, value);
        var sample = Sample(forest);
        var scores = new float[SampleRows];
        forest.Score(sample, scores);
        return graph
            .Metadata("anomaly.kind", Kind)
            .Metadata("anomaly.schema_hash", schemaHash)
            .Metadata("anomaly.feature_names", JsonSerializer.Serialize(featureNames))
            .Metadata("anomaly.seed", forest.Seed.ToString(CultureInfo.InvariantCulture))
            .Metadata("anomaly.subsample", forest.Subsample.ToString(CultureInfo.InvariantCulture))
            .Metadata("anomaly.sample_input", Base64(sample))
            .Metadata("anomaly.sample_output", Base64(scores))
            .ToModel();
    }

    private static OnnxGraph Graph(FittedForest forest)
    {
        var graph = new OnnxGraph(Kind) { Description = "Isolation forest: in (0, 1), higher is more anomalous" };
        graph.Input(InputName, OnnxElement.Float, "N", forest.FeatureCount);
        graph.Initializer("scale", [(float)(-1 / (forest.TreeCount * PathLength.Average(forest.Subsample)))], 1);
        graph.Initializer("two", [2f], 1);
        Ensemble(graph, forest);
        graph.Node("Mul", ["path_sum", "scale"], "exponent");
        graph.Node("Pow", ["two", "exponent"], OutputName);
        graph.Output(OutputName, OnnxElement.Float, "N", 1);
        return graph;
    }

    private static void Ensemble(OnnxGraph graph, FittedForest forest)
    {
        List<long> treeIds = [],
            nodeIds = [],
            featureIds = [],
            lefts = [],
            rights = [],
            leafTrees = [],
            leafNodes = [];
        List<float> thresholds = [],
            paths = [];
        List<string> modes = [];
        for (var k = 0; k < forest.TreeCount; k++)
        {
            var tree = forest.Trees[k];
            var depths = Depths(tree);
            for (var node = 0; node < tree.Count; node++)
            {
                var leaf = tree.IsLeaf(node);
                treeIds.Add(k);
                nodeIds.Add(node);
                featureIds.Add(leaf ? 0 : tree.Feature[node]);
                thresholds.Add(tree.Threshold[node]);
                modes.Add(leaf ? "LEAF" : "BRANCH_LEQ");
                lefts.Add(tree.Left[node]);
                rights.Add(tree.Right[node]);
                if (!leaf)
                    continue;
                leafTrees.Add(k);
                leafNodes.Add(node);
                paths.Add((float)(depths[node] + PathLength.Average(tree.Rows[node])));
            }
        }
        graph
            .MlNode("TreeEnsembleRegressor", [InputName], "path_sum")
            .With("n_targets", 1)
            .With("aggregate_function", "SUM")
            .With("post_transform", "NONE")
            .With("nodes_treeids", treeIds)
            .With("nodes_nodeids", nodeIds)
            .With("nodes_featureids", featureIds)
            .With("nodes_values", thresholds)
            .With("nodes_modes", modes)
            .With("nodes_truenodeids", lefts)
            .With("nodes_falsenodeids", rights)
            .With("target_treeids", leafTrees)
            .With("target_nodeids", leafNodes)
            .With("target_ids", leafTrees.Select(_ => 0L))
            .With("target_weights", paths);
    }

    internal static int[] Depths(IsolationTree tree)
    {
        var depths = new int[tree.Count];
        for (var node = 0; node < tree.Count; node++)
            if (!tree.IsLeaf(node))
                depths[tree.Left[node]] = depths[tree.Right[node]] = depths[node] + 1;
        return depths;
    }

    /// <summary>Rows for the loader's self-test: around the thresholds of the forest itself, so that they meet many leaves.</summary>
    private static float[] Sample(FittedForest forest)
    {
        var random = new Xoshiro256(forest.Seed);
        var rows = new float[SampleRows * forest.FeatureCount];
        foreach (var tree in forest.Trees)
            for (var node = 0; node < tree.Count; node++)
                if (!tree.IsLeaf(node))
                    rows[random.Next(SampleRows) * forest.FeatureCount + tree.Feature[node]] = tree.Threshold[node];
        return rows;
    }

    private static string Base64(float[] values) => Convert.ToBase64String(MemoryMarshal.AsBytes(values.AsSpan()));
}
