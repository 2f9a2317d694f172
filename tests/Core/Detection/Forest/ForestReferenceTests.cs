using System.Text.Json;
using Dapr.Anomaly.Core.Detection.Forest;

namespace Dapr.Anomaly.Core.Tests.Detection.Forest;

/// <summary>Forests of scikit-learn, tree by tree, and the statistics of its trainer.</summary>
public class ForestReferenceTests
{
    private const string File = "golden/reference/isolation_forest.json";

    [Fact]
    public void Average_EqualsTheTable()
    {
        var table = GoldenData.LargeJson(File).GetProperty("c_of_n");

        foreach (var (n, c) in table.GetProperty("n").Numbers().Zip(table.GetProperty("c").Numbers()))
            Assert.Equal(c, PathLength.Average((int)n), 1e-12);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 1.207392358)]
    [InlineData(256, 10.24477092)]
    [InlineData(1024, 13.01737399)]
    public void Average_KnownCounts_AreThoseOfTheFormula(int rows, double average) => Assert.Equal(average, PathLength.Average(rows), 1e-8);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Score_ForestOfScikitLearn_IsReproduced(int index)
    {
        var set = GoldenData.LargeJson(File).GetProperty("sets")[index];
        var forest = Load(set);
        var rows = Rows(set.GetProperty("X_float32"));
        var probes = Rows(set.GetProperty("probes_float32"));
        var credit = new double[forest.FeatureCount];

        CheckLeaves(forest, rows, set.GetProperty("leaf_index_first_rows"));
        CheckLeaves(forest, probes, set.GetProperty("leaf_index_probes"));
        var scores = set.GetProperty("score").Numbers();
        var all = rows.Concat(probes).ToArray();
        Assert.Equal(all.Length, scores.Length);
        for (var i = 0; i < all.Length; i++)
        {
            Assert.Equal(scores[i], forest.Explain(all[i], credit), 1e-12);
            Assert.Equal(scores[i], forest.Score(all[i]), 1e-6);
        }
        var attribution = set.GetProperty("attribution_first_5_rows");
        for (var i = 0; i < 5; i++)
        {
            forest.Explain(rows[i], credit);
            foreach (var (expected, seen) in attribution[i].Numbers().Zip(credit))
                Assert.Equal(expected, seen, 1e-12);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void ToOnnx_ForestOfScikitLearn_ScoresAsItsOwnExport(int index)
    {
        var set = GoldenData.LargeJson(File).GetProperty("sets")[index];
        var forest = Load(set);
        var names = Enumerable.Range(0, forest.FeatureCount).Select(i => $"f{i}").ToArray();
        using var scorer = ForestScorer.Load(forest.ToOnnx(names, "hash", new Dictionary<string, string>()), "hash");
        var rows = Rows(set.GetProperty("X_float32")).Concat(Rows(set.GetProperty("probes_float32"))).SelectMany(r => r).ToArray();
        var expected = set.GetProperty("onnxruntime").GetProperty("score_samples").Numbers();
        var scores = new float[expected.Length];

        scorer.Score(rows, scores);

        for (var i = 0; i < scores.Length; i++)
            Assert.Equal(-expected[i], scores[i], 1e-6);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Fit_LabelledSets_IsAsGoodAsScikitLearn(int index)
    {
        var set = GoldenData.LargeJson(File).GetProperty("trainer_statistics")[index];
        var rows = Rows(set.GetProperty("X_float32"));
        var labels = set.GetProperty("label").Numbers();
        var flat = rows.SelectMany(r => r).ToArray();
        var areas = new double[20];
        var means = new double[20];
        for (var seed = 0; seed < 20; seed++)
        {
            var forest = IsolationForest.Fit(
                flat,
                rows[0].Length,
                new((int)set.Number("n_trees"), (int)set.Number("max_samples"), (ulong)(1000 * seed))
            );
            var scores = new float[rows.Length];
            forest.Score(flat, scores);
            areas[seed] = AreaUnderRoc(scores, labels);
            means[seed] = scores.Average();
        }

        var tolerance = 3 * set.Number("auc_roc_sd") * Math.Sqrt(2.0 / 20);
        Assert.Equal(set.Number("auc_roc_mean"), areas.Average(), tolerance);
        Assert.Equal(set.Number("mean_score_mean"), means.Average(), 0.01);
    }

    private static double AreaUnderRoc(float[] scores, double[] labels)
    {
        double wins = 0;
        long pairs = 0;
        for (var i = 0; i < scores.Length; i++)
        for (var j = 0; j < scores.Length; j++)
            if (labels[i] == 1 && labels[j] == 0)
            {
                pairs++;
                wins +=
                    scores[i] > scores[j] ? 1
                    : scores[i] == scores[j] ? 0.5
                    : 0;
            }
        return wins / pairs;
    }

    private static FittedForest Load(JsonElement set)
    {
        var trees = set.GetProperty("trees")
            .EnumerateArray()
            .Select(tree =>
            {
                var feature = Integers(tree, "feature").Select(f => Math.Max(f, -1)).ToArray();
                return new IsolationTree(
                    feature,
                    [.. tree.GetProperty("threshold").Numbers().Select((t, i) => feature[i] < 0 ? 0 : RoundDown(t))],
                    [.. Integers(tree, "left").Select(c => Math.Max(c, 0))],
                    [.. Integers(tree, "right").Select(c => Math.Max(c, 0))],
                    Integers(tree, "n_node_samples")
                );
            });
        return new([.. trees], (int)set.Number("columns"), (int)set.Number("max_samples"), 0);
    }

    /// <summary>scikit-learn compares with a double: the largest float32 that is not above it decides alike.</summary>
    private static float RoundDown(double threshold) => (float)threshold > threshold ? float.BitDecrement((float)threshold) : (float)threshold;

    private static void CheckLeaves(FittedForest forest, float[][] rows, JsonElement expected)
    {
        for (var i = 0; i < expected.GetArrayLength(); i++)
            Assert.Equal(expected[i].Numbers().Select(n => (int)n), forest.Trees.Select(t => PlainForest.Leaf(t, rows[i])));
    }

    private static int[] Integers(JsonElement tree, string name) => [.. tree.GetProperty(name).Numbers().Select(n => (int)n)];

    private static float[][] Rows(JsonElement rows) => [.. rows.EnumerateArray().Select(r => r.Numbers().Select(v => (float)v).ToArray())];
}
