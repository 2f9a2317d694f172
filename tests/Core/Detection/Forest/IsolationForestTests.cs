using Dapr.Anomaly.Core.Detection.Forest;

namespace Dapr.Anomaly.Core.Tests.Detection.Forest;

public class IsolationForestTests
{
    [Fact]
    public void Fit_SameSeed_GivesTheSameFile()
    {
        var rows = ForestRows.Gaussian(2000, 6, 1);
        var names = Enumerable.Range(0, 6).Select(i => $"f{i}").ToArray();

        var first = IsolationForest.Fit(rows, 6, new(Seed: 7)).ToOnnx(names, "h", new Dictionary<string, string>());
        var second = IsolationForest.Fit(rows, 6, new(Seed: 7)).ToOnnx(names, "h", new Dictionary<string, string>());
        var other = IsolationForest.Fit(rows, 6, new(Seed: 8)).ToOnnx(names, "h", new Dictionary<string, string>());

        Assert.Equal(first, second);
        Assert.NotEqual(first, other);
    }

    [Fact]
    public void Fit_EveryTree_KeepsItsPromises()
    {
        var rows = ForestRows.Gaussian(2000, 6, 2);

        var forest = IsolationForest.Fit(rows, 6, new(Seed: 3));

        Assert.Equal(100, forest.TreeCount);
        foreach (var tree in forest.Trees)
        {
            Assert.Equal(256, tree.Rows[0]);
            Assert.True(Depth(tree, 0) <= 8);
            for (var node = 0; node < tree.Count; node++)
            {
                if (tree.IsLeaf(node))
                    continue;
                Assert.True(tree.Rows[tree.Left[node]] > 0 && tree.Rows[tree.Right[node]] > 0, "an empty child");
                Assert.Equal(tree.Rows[node], tree.Rows[tree.Left[node]] + tree.Rows[tree.Right[node]]);
            }
        }
        Assert.NotEqual(forest.Trees[0].Feature, forest.Trees[1].Feature);
    }

    [Fact]
    public void Fit_ConstantFeature_IsNeverSplit()
    {
        var rows = ForestRows.Gaussian(1000, 3, 4);
        for (var i = 0; i < 1000; i++)
            rows[i * 3 + 1] = 5;

        var forest = IsolationForest.Fit(rows, 3, new());

        Assert.DoesNotContain(1, forest.Trees.SelectMany(t => t.Feature));
    }

    [Fact]
    public void Fit_AllRowsEqual_GivesOneLeafATreeAndTheScoreOfNoStructure()
    {
        var rows = Enumerable.Repeat(3f, 500 * 2).ToArray();

        var forest = IsolationForest.Fit(rows, 2, new());

        Assert.All(forest.Trees, t => Assert.Equal(1, t.Count));
        Assert.Equal(0.5, forest.Score([3, 3]), 1e-6);
    }

    [Fact]
    public void Fit_TwoNeighbouringFloats_AreSeparated()
    {
        var low = 1f;
        float[] rows = [.. Enumerable.Repeat(low, 50), .. Enumerable.Repeat(float.BitIncrement(low), 50)];

        var forest = IsolationForest.Fit(rows, 1, new(Trees: 10));

        Assert.All(forest.Trees, t => Assert.Equal([100, 50, 50], t.Rows));
    }

    [Fact]
    public void Fit_FewerRowsThanSubsample_UsesThemAllInEveryTree()
    {
        var forest = IsolationForest.Fit(ForestRows.Gaussian(40, 4, 5), 4, new());

        Assert.Equal(40, forest.Subsample);
        Assert.All(forest.Trees, t => Assert.Equal(40, t.Rows[0]));
    }

    [Fact]
    public void Fit_NotFinite_NamesRowAndFeature()
    {
        var rows = ForestRows.Gaussian(40, 4, 5);
        rows[4 * 7 + 2] = float.NaN;

        var error = Assert.Throws<ArgumentException>(() => IsolationForest.Fit(rows, 4, new()));

        Assert.StartsWith("row 7, feature 2 is NaN", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4, 4)]
    [InlineData(0, 4)]
    [InlineData(9, 4)]
    public void Fit_TooFewOrBrokenRows_AreRefused(int values, int features) =>
        Assert.Throws<ArgumentException>(() => IsolationForest.Fit(new float[values], features, new()));

    [Theory]
    [InlineData(0, 256)]
    [InlineData(100, 1)]
    [InlineData(100, 5000)]
    public void Fit_OptionsOutOfRange_AreRefused(int trees, int subsample) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => IsolationForest.Fit(new float[100], 2, new(trees, subsample)));

    [Fact]
    public void Score_PlantedOutliers_RankFirst()
    {
        const int features = 8;
        var rows = ForestRows.Gaussian(2000, features, 6);
        for (var k = 0; k < 5; k++)
        for (var f = k; f < k + 3; f++)
            rows[(100 * k + 50) * features + f] = 9;

        var forest = IsolationForest.Fit(rows, features, new(Seed: 1));

        var scores = new float[2000];
        forest.Score(rows, scores);
        var first = Enumerable.Range(0, 2000).OrderByDescending(i => scores[i]).Take(5).Order();
        Assert.Equal([50, 150, 250, 350, 450], first);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(100)]
    public void Score_PaddedTrees_EqualThePlainWalk(int trees)
    {
        var forest = IsolationForest.Fit(ForestRows.Gaussian(3000, 12, 7), 12, new(trees, Seed: 2));
        var probes = ForestRows.Gaussian(500, 12, 8);
        for (var i = 0; i < 500; i++)
        {
            var row = ForestRows.Row(probes, 12, i);
            if (i % 50 == 0)
                row[i / 50] = float.NaN;
            if (i % 50 == 1)
                row[i / 50] = float.PositiveInfinity;
            Assert.Equal(PlainForest.Score(forest, row), forest.Score(row), 1e-6);
        }
    }

    [Fact]
    public void Score_WrongWidth_IsRefused()
    {
        var forest = IsolationForest.Fit(ForestRows.Gaussian(100, 4, 5), 4, new());

        Assert.Throws<ArgumentException>(() => forest.Score(new float[3]));
    }

    private static int Depth(IsolationTree tree, int node) =>
        tree.IsLeaf(node) ? 0 : 1 + Math.Max(Depth(tree, tree.Left[node]), Depth(tree, tree.Right[node]));
}
