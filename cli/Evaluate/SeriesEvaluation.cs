using Dapr.Anomaly.Core.Evaluation.Streaming;

namespace Dapr.Anomaly.Cli.Evaluate;

/// <summary>Runs the product, the floors and the controls on one series.</summary>
internal sealed class SeriesEvaluation(IReadOnlyCollection<string> members, ulong seed)
{
    public SeriesResult Run(LabelledSeries series, CancellationToken cancellationToken)
    {
        Dictionary<string, SeriesFigures> figures = [];
        Dictionary<string, (double[] Scores, bool[] InAlarm)> runs = [];
        var product = Run(Methods.Product, new ProductDetector(members, seed));
        foreach (var (name, floor) in Methods.Floors)
            Run(name, floor(seed));
        var (labels, warmUp) = (series.Labels, series.WarmUp);
        figures[Methods.Shifted] = Figures(labels, Controls.Shifted(product.Scores, warmUp), Controls.Shifted(product.InAlarm, warmUp));
        bool[] shuffled = [.. labels[..warmUp], .. Controls.Shuffled(labels[warmUp..], seed)];
        figures[Methods.Shuffled] = Figures(shuffled, product.Scores, product.InAlarm);
        return new(
            series.Name,
            series.Step,
            labels,
            warmUp,
            series.LabelWindow,
            series.Stream.Channels.Count,
            product.Streamed,
            product.FitTime,
            product.ScoreTime,
            figures,
            runs,
            product.Unscored,
            product.Notes
        );

        DetectorRun Run(string name, IStreamingDetector detector)
        {
            using (detector)
            {
                var run = DetectorRun.Of(detector, series, cancellationToken);
                figures[name] = Figures(series.Labels, run.Scores, run.InAlarm);
                runs[name] = (run.Scores, run.InAlarm);
                return run;
            }
        }

        SeriesFigures Figures(bool[] truth, double[] scores, bool[] inAlarm) =>
            SeriesFigures.Of(truth, scores, inAlarm, series.WarmUp, series.LabelWindow, series.Step);
    }
}
