namespace Dapr.Anomaly.Core.Windows;

/// <summary>
/// Deviations of the newest value against the three exponential averages (half-lives 5 min, 1 h, 1 d), with the mark of those that are known.
/// </summary>
internal struct EwmaDeviations
{
    private float _fast,
        _middle,
        _slow;

    internal byte Known { get; private set; }

    internal readonly float this[int average] =>
        average switch
        {
            0 => _fast,
            1 => _middle,
            _ => _slow,
        };

    internal readonly bool Has(int average) => (Known >> average & 1) != 0;

    internal void Set(int average, float score)
    {
        switch (average)
        {
            case 0:
                _fast = score;
                break;
            case 1:
                _middle = score;
                break;
            default:
                _slow = score;
                break;
        }
        Known |= (byte)(1 << average);
    }
}
