using Dapr.Anomaly.Core.Evaluation;

namespace Dapr.Anomaly.Core.Tests.Evaluation;

public class AffiliationTests
{
    [Fact]
    public void Of_ReferenceCases_AgreeToNineDigits()
    {
        foreach (var item in GoldenData.LargeJson("golden/affiliation_cases.json").EnumerateArray())
        {
            List<(double, double)> Intervals(string name) =>
                [.. item.GetProperty(name).EnumerateArray().Select(p => (p[0].GetDouble(), p[1].GetDouble()))];

            var affiliation = Affiliation.Of(Intervals("truth"), Intervals("pred"), item.GetProperty("range")[1].GetDouble());

            Assert.Equal(item.Number("precision"), affiliation.Precision, 1e-9);
            Assert.Equal(item.Number("recall"), affiliation.Recall, 1e-9);
        }
    }

    [Theory]
    [MemberData(nameof(GoldenMetricsTests.Vectors), MemberType = typeof(GoldenMetricsTests))]
    public void F_GoldenVectorAtItsBestThreshold_AgreesToNineDigits(string vector)
    {
        var (_, labels, scores, expected) = GoldenVector.Read(vector);
        var best = OracleF1
            .Grid(scores)
            .Select(threshold => Affiliation.Of(labels, [.. scores.Select(s => s > threshold)]).F)
            .Where(double.IsFinite)
            .DefaultIfEmpty(double.NaN)
            .Max();

        Assert.Equal(expected["Affiliation-F"], best, 1e-9);
    }

    [Fact]
    public void Of_AlarmEverywhere_IsPreciseAboutHalfTheTime()
    {
        var labels = new bool[10];
        labels.AsSpan(5, 2).Fill(true);

        var affiliation = Affiliation.Of(labels, [.. Enumerable.Repeat(true, 10)]);

        Assert.Equal((0.52, 1.0), (affiliation.Precision, affiliation.Recall));
    }

    [Fact]
    public void Of_NothingPredicted_HasNoPrecision()
    {
        var affiliation = Affiliation.Of([false, true, false], new bool[3]);

        Assert.Equal(double.NaN, affiliation.Precision);
        Assert.Equal(0, affiliation.Recall);
    }
}
