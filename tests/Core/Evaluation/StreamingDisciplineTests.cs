using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Evaluation;
using Dapr.Anomaly.Core.Evaluation.Streaming;
using Dapr.Anomaly.Core.Windows;

namespace Dapr.Anomaly.Core.Tests.Evaluation;

/// <summary>A score may use the rows up to its own and nothing else; what does not know the labels' places earns nothing.</summary>
public class StreamingDisciplineTests
{
    public static readonly TheoryData<string> Detectors = ["product", "random", "ramp", "zscore", "held_zscore"];

    [Theory]
    [MemberData(nameof(Detectors))]
    public void Score_TruncatedInput_LeavesEarlierScoresBitIdentical(string name)
    {
        var series = EvaluatedCluster.Series();
        var whole = Run(name, series);
        foreach (var rows in (int[])[1, 205, 460])
        {
            var part = Run(name, series.Truncated(rows));

            Assert.Equal(whole.Scores[..rows], part.Scores);
            Assert.Equal(whole.InAlarm[..rows], part.InAlarm);
        }
    }

    [Theory]
    [MemberData(nameof(Detectors))]
    public void Score_OtherFuture_LeavesEarlierScoresBitIdentical(string name)
    {
        const int change = 300;
        var series = EvaluatedCluster.Series();
        var stream = series.Stream with
        {
            Values = Array.ConvertAll(series.Stream.Values, v => v.Select((x, i) => i < change ? x : x * 3).ToArray()),
        };

        Assert.Equal(Run(name, series).Scores[..change], Run(name, series with { Stream = stream }).Scores[..change]);
    }

    [Fact]
    public void Score_RowByRow_EqualsAllRowsOfAChannelAtOnce()
    {
        const int channel = 1;
        var (training, stream) = (EvaluatedCluster.Series().Training, EvaluatedCluster.Series().Stream);
        using var product = Product();
        product.Fit(training, TestContext.Current.CancellationToken);
        List<double> rowByRow = [];
        var row = new double[stream.Channels.Count];
        for (var i = 0; i < stream.Rows; i++)
        {
            stream.Row(i, row);
            product.Score(stream.Times[i], row);
            if (double.IsFinite(row[channel]))
                rowByRow.Add(product.ChannelScores[channel]);
        }

        var window = new SeriesWindow(EvaluatedCluster.Step);
        for (var i = 0; i < training.Rows; i++)
            window.Append(new(training.Times[i], training.Values[channel][i]));
        List<ScoreRow> rows = [];
        for (var i = 0; i < stream.Rows; i++)
            if (window.Append(new(stream.Times[i], stream.Values[channel][i])) == AppendResult.Appended)
                rows.Add(RowBuilder.Build(stream.Channels[channel], window, stream.Values[channel][i]));

        Assert.Equal(product.Scorer!.Score(rows).Select(v => v.AnomalyScore), rowByRow);
    }

    [Fact]
    public void Controls_ProductOnClearFaults_FallToTheFloor()
    {
        var series = EvaluatedCluster.Series();
        var product = Run("product", series);
        var (labels, window) = (series.Labels, series.LabelWindow);
        var own = VolumeUnderSurface.Of(labels, product.Scores, window).Pr;

        var shifted = VolumeUnderSurface.Of(labels, Controls.Shifted(product.Scores, 0), window).Pr;
        var shuffled = Enumerable
            .Range(1, 400)
            .Average(seed => VolumeUnderSurface.Of(Controls.Shuffled(labels, (ulong)seed), product.Scores, window).Pr);
        var noise = VolumeUnderSurface.Of(labels, Run("random", series).Scores, window).Pr;

        Assert.True(own > 0.5, $"the detector itself has {own}");
        Assert.True(shifted < noise + 0.1, $"shifted {shifted}, noise {noise}");
        Assert.True(shuffled < noise + 0.1, $"shuffled {shuffled}, noise {noise}");
    }

    [Fact]
    public void Shuffled_Labels_KeepTheirEventsAndGaps()
    {
        var labels = EvaluatedCluster.Series().Labels;
        for (ulong seed = 0; seed < 50; seed++)
        {
            var events = LabelledEvent.In(Controls.Shuffled(labels, seed));

            Assert.Equal([20, 30], events.Select(e => e.Last - e.First + 1).Order());
        }
    }

    [Fact]
    public void Of_WarmUpAndSkippedRows_ScoreNothing()
    {
        var series = EvaluatedCluster.Series();
        var run = DetectorRun.Of(
            new RandomDetector(1),
            series with
            {
                WarmUp = 100,
                Skip = 50,
                Labels = new bool[100 + EvaluatedCluster.StreamRows - 50],
            },
            TestContext.Current.CancellationToken
        );

        Assert.All(run.Scores[..100], s => Assert.Equal(0, s));
        Assert.Equal(Run("random", series).Scores[50..], run.Scores[100..]);
    }

    [Fact]
    public void Onsets_PlateauAndHigherPeak_LeavesTheFirstRowOfEach() =>
        Assert.Equal([0.0, 5, 0, 0, 0, 6, 0], Onsets.Of([0.0, 5, 5, 4.5, 4.9, 6, 1]));

    [Fact]
    public void Onsets_LowerPeakMuchLater_IsAnOnset()
    {
        var scores = new double[300];
        (scores[50], scores[100], scores[250]) = (5, 4, 4);

        Assert.Equal([50, 250], Onsets.Of(scores).Index().Where(o => o.Item > 0).Select(o => o.Index));
    }

    private static DetectorRun Run(string name, LabelledSeries series)
    {
        using IStreamingDetector detector = name switch
        {
            "product" => Product(),
            "random" => new RandomDetector(1),
            "ramp" => new RampDetector(),
            "zscore" => new ZScoreDetector(ChannelJoin.Mean),
            _ => new ZScoreDetector(ChannelJoin.Mean, ZScoreDetector.Hold),
        };
        return DetectorRun.Of(detector, series, TestContext.Current.CancellationToken);
    }

    private static ProductDetector Product() => new(MemberName.All, seed: 1);
}
