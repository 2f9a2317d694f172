using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>Runs a network over a batch of windows: place each window, run, read the quantiles. Belongs to one thread at a time.</summary>
internal abstract class LstmEngine(LstmDesign design) : IDisposable
{
    /// <summary>Most windows in one run.</summary>
    public abstract int Capacity { get; }

    public LstmDesign Design => design;

    /// <summary>Encodes window <paramref name="row"/> of <paramref name="rows"/>.</summary>
    public abstract void Place(
        int row,
        int rows,
        ReadOnlySpan<float> values,
        ReadOnlySpan<bool> missing,
        WindowScale scale,
        DateTimeOffset first,
        SignalKind kind
    );

    /// <summary>Quantiles in window scales, [rows][horizon][level].</summary>
    public abstract void Run(int rows, Span<float> quantiles);

    public abstract void Dispose();
}
