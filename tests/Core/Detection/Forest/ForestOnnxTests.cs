using System.Text;
using Dapr.Anomaly.Core.Detection.Forest;
using Dapr.Anomaly.Core.Models.Onnx;

namespace Dapr.Anomaly.Core.Tests.Detection.Forest;

public class ForestOnnxTests
{
    private const int Features = 10;
    private static readonly string[] Names = [.. Enumerable.Range(0, Features).Select(i => $"f{i}")];

    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    [InlineData(1000)]
    public void Score_OnnxRuntime_EqualsThePlainWalk(int count)
    {
        var forest = Forest();
        using var scorer = ForestScorer.Load(File(forest), "hash");
        var rows = ForestRows.Gaussian(count, Features, 9);
        var scores = new float[count];

        scorer.Score(rows, scores);

        for (var i = 0; i < count; i++)
            Assert.Equal(PlainForest.Score(forest, ForestRows.Row(rows, Features, i)), scores[i], ForestScorer.Tolerance);
    }

    [Fact]
    public void Score_FromManyThreads_IsTheSame()
    {
        using var scorer = ForestScorer.Load(File(Forest()), "hash");
        var rows = ForestRows.Gaussian(200, Features, 9);
        var expected = new float[200];
        scorer.Score(rows, expected);

        Parallel.For(
            0,
            16,
            _ =>
            {
                var scores = new float[200];
                scorer.Score(rows, scores);
                Assert.Equal(expected, scores);
            }
        );
    }

    [Fact]
    public void Parse_OwnFile_GivesTheSameTrees()
    {
        var forest = Forest();

        var file = ForestFile.Parse(File(forest));

        Assert.Equal((forest.FeatureCount, forest.Subsample, forest.Seed), (file.Forest.FeatureCount, file.Forest.Subsample, file.Forest.Seed));
        Assert.Equal(Names, file.FeatureNames);
        Assert.Equal("cpu", file.Metadata["anomaly.signal_kind"]);
        foreach (var (expected, seen) in forest.Trees.Zip(file.Forest.Trees))
        {
            Assert.Equal(expected.Feature, seen.Feature);
            Assert.Equal(expected.Threshold, seen.Threshold);
            Assert.Equal(expected.Left, seen.Left);
            Assert.Equal(expected.Right, seen.Right);
            Assert.Equal(expected.Rows, seen.Rows);
        }
    }

    [Fact]
    public void Parse_LargestSubsample_StillRecoversEveryRowCount()
    {
        var forest = IsolationForest.Fit(ForestRows.Gaussian(5000, Features, 3), Features, new(5, ForestOptions.MaxSubsample));

        var file = ForestFile.Parse(File(forest));

        Assert.Equal(forest.Trees.SelectMany(t => t.Rows), file.Forest.Trees.SelectMany(t => t.Rows));
    }

    [Fact]
    public void Load_OtherSchema_IsRefusedByName()
    {
        var error = Assert.Throws<InvalidDataException>(() => ForestScorer.Load(File(Forest()), "other"));

        Assert.Equal("the forest was trained on the feature schema hash; this build extracts other", error.Message);
    }

    [Fact]
    public void Parse_ChangedThresholds_FailTheSelfTestOrTheStructure()
    {
        var forest = Forest();
        var file = File(forest);
        var changed = Forest(seed: 99);
        // The metadata of one forest (with its sample scores) around the trees of another.
        var grafted = changed.ToOnnx(Names, "hash", new Dictionary<string, string>());
        var sample = ForestFile.Parse(file);
        var text = Encoding.Latin1.GetString(grafted);
        var own = ForestFile.Parse(grafted).Metadata["anomaly.sample_output"];
        var bytes = Encoding.Latin1.GetBytes(text.Replace(own, sample.Metadata["anomaly.sample_output"], StringComparison.Ordinal));

        var error = Assert.Throws<InvalidDataException>(() => ForestFile.Parse(bytes));

        Assert.Contains("the forest's own sample row", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_NodesThatAreNoTree_AreRefusedByName()
    {
        Assert.Equal("tree 0 of the forest: node 2 has the children 3 and 4", Refusal([1, 3, 3, 0, 0], [2, 4, 4, 0, 0], [2, 2]));
        Assert.Equal("tree 0 of the forest: node 1 has the children 0 and 4", Refusal([1, 0, 3, 0, 0], [2, 4, 4, 0, 0], [2, 2]));
        Assert.Equal("tree 0 of the forest: node 0 has the children 1 and 5", Refusal([1, 3, 3, 0, 0], [5, 4, 4, 0, 0], [2, 2]));
        Assert.Equal(
            "tree 0 of the forest: node 3 has the weight 2.5, which is not depth + c(n) of any n",
            Refusal([1, 3, 0, 0, 0], [2, 4, 0, 0, 0], [1, 2.5f, 2])
        );
        Assert.Equal("tree 0 of the forest: node 0 holds 3 rows; anomaly.subsample is 4", Refusal([1, 3, 0, 0, 0], [2, 4, 0, 0, 0], [1, 2, 2]));
    }

    private static string Refusal(long[] left, long[] right, float[] weights)
    {
        var leaves = Enumerable.Range(0, 5).Where(i => left[i] == 0 && right[i] == 0).Select(i => (long)i).ToArray();
        var graph = new OnnxGraph("isolation-forest");
        graph.Input("features", OnnxElement.Float, "N", 1);
        graph.Initializer("scale", [1f], 1);
        graph.Initializer("two", [2f], 1);
        graph
            .MlNode("TreeEnsembleRegressor", ["features"], "path_sum")
            .With("nodes_treeids", new long[5])
            .With("nodes_nodeids", [0L, 1, 2, 3, 4])
            .With("nodes_featureids", new long[5])
            .With("nodes_values", new float[5])
            .With("nodes_modes", left.Select((_, i) => leaves.Contains(i) ? "LEAF" : "BRANCH_LEQ"))
            .With("nodes_truenodeids", left)
            .With("nodes_falsenodeids", right)
            .With("target_treeids", new long[leaves.Length])
            .With("target_nodeids", leaves)
            .With("target_weights", weights);
        graph.Node("Mul", ["path_sum", "scale"], "exponent");
        graph.Node("Pow", ["two", "exponent"], "score");
        graph.Output("score", OnnxElement.Float, "N", 1);
        var zero = Convert.ToBase64String(new byte[4]);
        graph
            .Metadata("anomaly.kind", "isolation-forest")
            .Metadata("anomaly.feature_names", "[\"a\"]")
            .Metadata("anomaly.subsample", "4")
            .Metadata("anomaly.seed", "0")
            .Metadata("anomaly.schema_hash", "hash")
            .Metadata("anomaly.sample_input", zero)
            .Metadata("anomaly.sample_output", zero);
        return Assert.Throws<InvalidDataException>(() => ForestFile.Parse(graph.ToModel())).Message;
    }

    [Fact]
    public void Parse_Garbage_IsRefused()
    {
        Assert.Throws<InvalidDataException>(() => ForestFile.Parse([0xff, 0xff, 0xff, 0xff]));
        Assert.Throws<InvalidDataException>(() => ForestFile.Parse([]));
    }

    [Fact]
    public void Parse_FlippedBytes_NeverEscapesAsAnotherErrorThanInvalidData()
    {
        var file = File(IsolationForest.Fit(ForestRows.Gaussian(300, Features, 3), Features, new(3, 16)));
        var random = new Dapr.Anomaly.Core.Numerics.Xoshiro256(5);
        var refused = 0;
        for (var round = 0; round < 2000; round++)
        {
            var broken = file.ToArray();
            broken[random.Next(broken.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                ForestFile.Parse(broken);
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }
        Assert.True(refused > 1000, $"only {refused} of 2000 broken files were refused");
    }

    private static FittedForest Forest(ulong seed = 4) => IsolationForest.Fit(ForestRows.Gaussian(2000, Features, 1), Features, new(Seed: seed));

    private static byte[] File(FittedForest forest) =>
        forest.ToOnnx(Names, "hash", new Dictionary<string, string> { ["anomaly.signal_kind"] = "cpu" });
}
