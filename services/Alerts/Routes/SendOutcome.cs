namespace Dapr.Anomaly.Alerts;

/// <summary>What became of a try to send.</summary>
internal abstract record SendOutcome
{
    private SendOutcome() { }

    /// <summary>The receiver took it.</summary>
    internal sealed record Sent : SendOutcome;

    /// <summary>The receiver will never take it.</summary>
    internal sealed record Refused(string Words) : SendOutcome;

    /// <summary>It may be taken later.</summary>
    /// <param name="RetryAfter">When the receiver wants to be asked again, if it said so.</param>
    internal sealed record Failed(string Reason, DateTimeOffset? RetryAfter = null) : SendOutcome;
}
