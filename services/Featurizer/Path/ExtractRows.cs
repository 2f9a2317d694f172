using System.Buffers;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Platform.Telemetry;

namespace Dapr.Anomaly.Featurizer.Path;

/// <summary>Windows become features: one row for each series, by the builder that training uses, too.</summary>
internal sealed class ExtractRows(StageMeter stages)
{
    public RowBatch Run(IReadOnlyList<FreshSample> fresh)
    {
        using var measured = stages.Measure(Stages.Extract, fresh.Count);
        var buffer = ArrayPool<float>.Shared.Rent(fresh.Count * RowBuilder.RowLength);
        var rows = new ScoreRow[fresh.Count];
        for (var i = 0; i < rows.Length; i++)
        {
            var (series, value) = fresh[i];
            rows[i] = RowBuilder.Build(series.Series, series.Window, value, buffer.AsMemory(i * RowBuilder.RowLength, RowBuilder.RowLength));
        }
        return new(rows, buffer);
    }
}

/// <summary>Rows over one borrowed buffer: they are valid until the batch is disposed.</summary>
internal sealed class RowBatch(ScoreRow[] rows, float[] buffer) : IDisposable
{
    public IReadOnlyList<ScoreRow> Rows => rows;

    public void Dispose() => ArrayPool<float>.Shared.Return(buffer);
}
