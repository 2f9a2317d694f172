using Dapr.Anomaly.Workflows.TrainModel;

namespace Dapr.Anomaly.Workflows.Tests.TrainModel;

public sealed class TrainingWindowTests
{
    [Theory]
    [InlineData("45m", 45)]
    [InlineData("12h", 720)]
    [InlineData("1h30m", 90)]
    [InlineData("1.5h", 90)]
    [InlineData("2d", 2880)]
    [InlineData("2w", 20160)]
    public void Parse_Duration_IsRead(string text, int minutes) => Assert.Equal(TimeSpan.FromMinutes(minutes), TrainingWindow.Parse(text));

    [Theory]
    [InlineData("15d")]
    [InlineData("29m")]
    [InlineData("0.1h")]
    [InlineData("9999999999999d")]
    public void Parse_OutsideTheLimits_SaysThem(string text) =>
        Assert.Matches(
            "^window: .* (is outside 30m to 14d|is not a duration; .*)$",
            Assert.Throws<TrainingException>(() => TrainingWindow.Parse(text)).Message
        );

    [Theory]
    [InlineData(0.5, 0.5)]
    [InlineData(12, 12)]
    [InlineData(14 * 24, 12)]
    public void FullResolutionOf_FitWindow_IsItsNewestTwelveHours(double fitHours, double expected) =>
        Assert.Equal(TimeSpan.FromHours(expected), TrainingWindow.FullResolutionOf(TimeSpan.FromHours(fitHours)));
}
