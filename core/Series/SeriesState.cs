namespace Dapr.Anomaly.Core.Series;

/// <summary>Why a series is scored, or is not. Every series has one at any time: the detector is never silent.</summary>
public enum SeriesState
{
    /// <summary>Not enough history yet; scored by the envelope and priors only.</summary>
    WarmingUp = 0,

    /// <summary>Scored by every member.</summary>
    Ok = 1,

    /// <summary>More than 40 % of the features are missing; not scored.</summary>
    Sparse = 2,

    /// <summary>The value has not changed over the window; only a change is scored.</summary>
    Constant = 3,

    /// <summary>The champion does not know the series or was trained too long ago; scored by what does not need it.</summary>
    StaleModel = 4,

    /// <summary>No finite sample within the staleness limit; not scored, not trained on.</summary>
    NoData = 5,

    /// <summary>Members were shed to stay inside the CPU or memory budget.</summary>
    OverBudget = 6,
}
