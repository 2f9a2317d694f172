using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Evaluation.Streaming;

/// <summary>Rows of one workload: all of its series at the same instants.</summary>
/// <param name="Step">Usual time between two rows.</param>
/// <param name="Times">Instant of each row, ascending; equal ones may occur.</param>
/// <param name="Channels">What the columns measure.</param>
/// <param name="Values">By channel, then by row, in the unit of the channel; NaN where there is no sample.</param>
public sealed record ChannelTable(TimeSpan Step, DateTimeOffset[] Times, IReadOnlyList<SeriesIdentity> Channels, double[][] Values)
{
    public int Rows => Times.Length;

    /// <summary>Rows [from, to) of all channels.</summary>
    public ChannelTable Slice(int from, int to) => this with { Times = Times[from..to], Values = Array.ConvertAll(Values, v => v[from..to]) };

    /// <summary>Copies the values of one row, one for each channel.</summary>
    public void Row(int row, Span<double> values)
    {
        for (var c = 0; c < Values.Length; c++)
            values[c] = Values[c][row];
    }
}
