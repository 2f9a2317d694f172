using CsCheck;
using Dapr.Embedded.Resources;

namespace EmbeddedDapr.Tests.Resources;

public sealed class GoDurationTests
{
    [Theory]
    [InlineData("300ms", 300)]
    [InlineData("1.5h", 5_400_000)]
    [InlineData("2h45m", 9_900_000)]
    [InlineData("-1s", -1000)]
    [InlineData("0", 0)]
    [InlineData("1m0.5s", 60_500)]
    [InlineData("500us", 0.5)]
    public void TryParse_GoForms_AreRead(string text, double milliseconds)
    {
        Assert.True(GoDuration.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("1 s")]
    [InlineData("1d")]
    [InlineData("1.2.3s")]
    [InlineData("99999999999999999999h")]
    public void TryParse_AnythingElse_IsRefused(string text) => Assert.False(GoDuration.TryParse(text, out _));

    [Fact]
    public void TryParseOrMilliseconds_PlainNumber_IsMilliseconds()
    {
        Assert.True(GoDuration.TryParseOrMilliseconds("2500", out var duration));
        Assert.Equal(TimeSpan.FromSeconds(2.5), duration);
    }

    [Fact]
    public void TryParse_AnyText_NeverThrows() => Gen.String.Sample(text => GoDuration.TryParse(text, out _) || true);
}
