using Dapr.Anomaly.Core.Evaluation;

namespace Dapr.Anomaly.Core.Tests.Evaluation;

public class EventMetricsTests
{
    private static readonly EventMetrics Rules = new(gap: 1, tolerance: 2);

    [Fact]
    public void Of_AlarmInsideAnEvent_FindsItWithItsDelay()
    {
        var report = Rules.Of(Rows("....####...."), Rows("......##...."));

        Assert.Equal([2], report.Delays);
        Assert.Equal((1.0, 1.0, 2.0), (report.Recall, report.Precision, report.MedianDelay));
        Assert.Equal((1, 0, 0.0), (report.Alarms, report.FalseAlarms, report.TimeInAlarm));
    }

    [Fact]
    public void Of_AlarmThatBeganBefore_FindsNothing()
    {
        var report = Rules.Of(Rows("....####...."), Rows("############"));

        Assert.Equal((0.0, 1, 1.0), (report.Recall, report.FalseAlarms, report.TimeInAlarm));
    }

    [Fact]
    public void Of_ShortGap_IsOneAlarm() => Assert.Equal(1, Rules.Of(Rows("........"), Rows("#.#.....")).FalseAlarms);

    [Fact]
    public void Of_LongGap_IsTwoAlarms() => Assert.Equal(2, Rules.Of(Rows("........"), Rows("#..#....")).FalseAlarms);

    [Fact]
    public void Of_SecondAlarmInAnEvent_IsADuplicate()
    {
        var report = Rules.Of(Rows("..########.."), Rows("..#...#....."));

        Assert.Equal((2, 1, 0), (report.Alarms, report.Duplicates, report.FalseAlarms));
    }

    [Fact]
    public void Of_AlarmJustAfterAFoundEvent_CountsNeitherWay()
    {
        var report = Rules.Of(Rows("..###......."), Rows("..#...#....."));

        Assert.Equal((1, 0, 0), (report.Alarms, report.Duplicates, report.FalseAlarms));
    }

    [Fact]
    public void Of_AlarmJustAfterAMissedEvent_FindsItLate() => Assert.Equal([3], Rules.Of(Rows("..##........"), Rows(".....#......")).Delays);

    [Fact]
    public void Of_AlarmInAnEventJustAfterAnother_FindsTheSecond() => Assert.Equal([0], Rules.Of(Rows("..##.##....."), Rows(".....##.....")).Delays);

    [Fact]
    public void Of_WarmUp_CountsInNoWay()
    {
        var report = Rules.Of(Rows(".##........."), Rows("####........"), from: 6);

        Assert.Equal((0, 0, 6), (report.Events, report.Alarms, report.ScoredRows));
    }

    [Fact]
    public void Of_AlarmInAnEventThatBeganInTheWarmUp_CountsNeitherWay()
    {
        var report = Rules.Of(Rows("..######......"), Rows("......#......#"), from: 4);

        Assert.Equal((0, 1, 1, 4), (report.Events, report.Alarms, report.FalseAlarms, report.ScoredRows));
    }

    [Fact]
    public void FalseAlarmsPerDay_OneInAThousandMinutes_IsScaledToADay()
    {
        var alarm = new bool[1000];
        alarm[10] = true;

        Assert.Equal(1.44, Rules.Of(new bool[1000], alarm).FalseAlarmsPerDay(TimeSpan.FromMinutes(1)), 1e-9);
    }

    private static bool[] Rows(string text) => [.. text.Select(c => c == '#')];
}
