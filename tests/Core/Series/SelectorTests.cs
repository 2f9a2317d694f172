using CsCheck;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Tests.Series;

public class SelectorTests
{
    private static readonly SeriesIdentity Checkout = new(
        "container_cpu",
        SignalKind.Cpu,
        "cores",
        new([new("namespace", "shop"), new("workload", "checkout"), new("note", "a \"b\" \\ c")])
    );

    [Theory]
    [InlineData("container_cpu", true)]
    [InlineData("container_memory", false)]
    [InlineData("{}", true)]
    [InlineData(" container_cpu { } ", true)]
    [InlineData("""{namespace="shop"}""", true)]
    [InlineData("""{namespace="sho"}""", false)]
    [InlineData("""container_cpu{namespace="shop",workload="checkout"}""", true)]
    [InlineData("""container_cpu{namespace="shop",workload="cart",}""", false)]
    [InlineData("""{workload!="cart"}""", true)]
    [InlineData("""{workload=~"check.*"}""", true)]
    [InlineData("""{workload=~"check"}""", false)]
    [InlineData("""{workload!~"cart|checkout"}""", false)]
    [InlineData("""{pod=""}""", true)]
    [InlineData("""{pod!=""}""", false)]
    [InlineData("""{__name__=~"container_.+"}""", true)]
    [InlineData("{workload = 'checkout'}", true)]
    [InlineData("""{note="a \"b\" \\ c"}""", true)]
    public void Matches_SelectorsOfPrometheus_AgreeWithPrometheus(string text, bool expected)
    {
        Assert.True(Selector.TryParse(text, out var selector, out var problem), problem);
        Assert.Equal(expected, selector.Matches(Checkout));
    }

    [Theory]
    [InlineData("", "expected a name or {…} at character 1, found the end")]
    [InlineData("container_cpu{", "expected a label name at character 15, found the end")]
    [InlineData("""container_cpu{workload}""", "expected =, !=, =~ or !~ at character 23, found '}'")]
    [InlineData("""{workload=checkout}""", "expected a quoted value at character 11, found 'c'")]
    [InlineData("""{workload="checkout" namespace="shop"}""", "expected , or } at character 22, found 'n'")]
    [InlineData("""{workload="checkout"} or up""", "expected the end at character 23, found 'o'")]
    [InlineData("rate(container_cpu[5m])", "expected { at character 5, found '('")]
    [InlineData("""{workload="chec""", "expected a quoted value at character 16, found the end")]
    public void TryParse_WhatIsNoSelector_SaysWhereAndWhatWasExpected(string text, string problem)
    {
        Assert.False(Selector.TryParse(text, out var selector, out var seen));
        Assert.Null(selector);
        Assert.Equal(problem, seen);
    }

    [Fact]
    public void TryParse_BrokenRegularExpression_NamesIt()
    {
        Assert.False(Selector.TryParse("""{workload=~"(check"}""", out _, out var problem));
        Assert.StartsWith("\"(check\" is not a regular expression", problem);
    }

    [Fact]
    public void TryParse_AnyText_IsASelectorOrHasAProblem() =>
        Gen.Char["abc_:{}=~!\"'\\, ()1"]
            .Array[0, 20]
            .Select(characters => new string(characters))
            .Sample(text => Assert.NotEqual(Selector.TryParse(text, out _, out var problem), problem is not null));
}
