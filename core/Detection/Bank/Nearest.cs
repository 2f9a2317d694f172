namespace Dapr.Anomaly.Core.Detection.Bank;

/// <summary>The three smallest of the distances added.</summary>
internal struct Nearest()
{
    private float _first = float.PositiveInfinity,
        _second = float.PositiveInfinity,
        _third = float.PositiveInfinity;

    /// <summary>Mean of the three; infinite before three were added or when they are not numbers.</summary>
    public readonly float Mean => (_first + _second + _third) / 3;

    public void Add(float distance)
    {
        if (!(distance < _third))
            return;
        if (distance < _second)
        {
            _third = _second;
            if (distance < _first)
                (_first, _second) = (distance, _first);
            else
                _second = distance;
        }
        else
            _third = distance;
    }
}
