using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Tests.Series;

public class SeriesIdTests
{
    [Fact]
    public void Of_OrderOfLabels_DoesNotMatter()
    {
        var a = new Labels([new("pod", "x"), new("namespace", "n")]);
        var b = new Labels([new("namespace", "n"), new("pod", "x")]);

        Assert.Equal(SeriesId.Of("cpu", a), SeriesId.Of("cpu", b));
        Assert.Equal(a, b);
    }

    [Fact]
    public void Of_TextMovedBetweenNameAndValue_Differs() =>
        Assert.NotEqual(SeriesId.Of("cpu", new([new("ab", "c")])), SeriesId.Of("cpu", new([new("a", "bc")])));

    [Fact]
    public void Of_KnownSeries_NeverChangesAcrossReleases() =>
        Assert.Equal("9cccc0b0cebea81c", SeriesId.Of("container_cpu", new([new("namespace", "boutique"), new("workload", "checkout")])).ToString());
}
