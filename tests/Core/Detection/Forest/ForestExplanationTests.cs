using Dapr.Anomaly.Core.Detection.Forest;

namespace Dapr.Anomaly.Core.Tests.Detection.Forest;

public class ForestExplanationTests
{
    private const int Features = 8;

    [Fact]
    public void Explain_Credits_AddUpToTheExponentOfTheScore()
    {
        var forest = IsolationForest.Fit(ForestRows.Gaussian(2000, Features, 1), Features, new(Seed: 4));
        var probes = ForestRows.Gaussian(200, Features, 2);
        var credit = new double[Features];
        var normal = PathLength.Average(forest.Subsample);
        for (var i = 0; i < 200; i++)
        {
            var row = ForestRows.Row(probes, Features, i);

            var score = forest.Explain(row, credit);

            Assert.Equal(PlainForest.Score(forest, row), score, 1e-12);
            Assert.Equal(score, Math.Pow(2, -1 - credit.Sum() / normal), 1e-12);
        }
    }

    [Fact]
    public void Explain_PlantedFeature_HasTheMostNegativeCreditAndDiffiAgrees()
    {
        var forest = IsolationForest.Fit(ForestRows.Gaussian(2000, Features, 1), Features, new(Seed: 4));
        var probes = ForestRows.Gaussian(100, Features, 3);
        var credit = new double[Features];
        int named = 0,
            agreed = 0;
        for (var i = 0; i < 100; i++)
        {
            var planted = i % Features;
            var row = ForestRows.Row(probes, Features, i);
            for (var f = 0; f < Features; f++)
                row[f] /= 2; // otherwise ordinary
            row[planted] = i % 2 == 0 ? 8 : -8;
            forest.Explain(row, credit);
            var first = Array.IndexOf(credit, credit.Min());
            named += first == planted ? 1 : 0;
            agreed += Diffi(forest, row) == first ? 1 : 0;
        }

        Assert.Equal(100, named);
        Assert.True(agreed >= 90, $"DIFFI names the same feature in {agreed} of 100 rows");
    }

    /// <summary>Local DIFFI (Carletti et al. 2023): each feature met on a path gets 1/h − 1/h_max, averaged over the times it was met.</summary>
    private static int Diffi(FittedForest forest, float[] row)
    {
        var sum = new double[Features];
        var met = new int[Features];
        const int deepest = 8;
        foreach (var tree in forest.Trees)
        {
            List<int> path = [];
            var node = 0;
            while (!tree.IsLeaf(node))
            {
                path.Add(tree.Feature[node]);
                node = tree.Next(node, row);
            }
            foreach (var feature in path)
            {
                sum[feature] += 1.0 / path.Count - 1.0 / deepest;
                met[feature]++;
            }
        }
        var importance = sum.Select((s, i) => met[i] == 0 ? 0 : s / met[i]).ToArray();
        return Array.IndexOf(importance, importance.Max());
    }
}
