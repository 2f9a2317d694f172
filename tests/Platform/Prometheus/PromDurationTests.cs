using CsCheck;
using Dapr.Anomaly.Platform.Prometheus;

namespace Dapr.Anomaly.Platform.Tests.Prometheus;

public sealed class PromDurationTests
{
    [Theory]
    [InlineData("15s", 15)]
    [InlineData("1h30m", 5400)]
    [InlineData("14d", 14 * 86_400)]
    [InlineData("2w", 14 * 86_400)]
    [InlineData("500ms", 0.5)]
    [InlineData("0s", 0)]
    public void Prometheus_durations_are_read(string text, double seconds)
    {
        Assert.True(PromDuration.TryParse(text, out var duration));
        Assert.Equal(seconds, duration.TotalSeconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("15")]
    [InlineData("1m1h")]
    [InlineData("1.5h")]
    [InlineData("-5m")]
    [InlineData("s")]
    [InlineData("99999999999y")]
    public void Anything_else_is_refused(string text) => Assert.False(PromDuration.TryParse(text, out _));

    [Fact]
    public void What_is_formatted_reads_back() =>
        Gen.Long[0, 400L * 86_400_000]
            .Sample(ms =>
                Assert.True(PromDuration.TryParse(PromDuration.Format(TimeSpan.FromMilliseconds(ms)), out var back) && back.TotalMilliseconds == ms)
            );
}
