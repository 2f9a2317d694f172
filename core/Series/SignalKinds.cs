namespace Dapr.Anomaly.Core.Series;

/// <summary>The kinds of signals as text: <c>cpu</c>, <c>memory</c>, … as labels, files and configuration name them.</summary>
public static class SignalKinds
{
    /// <summary>By the number of the kind.</summary>
    public static readonly IReadOnlyList<string> Names = [.. Enum.GetValues<SignalKind>().Select(k => k.ToString().ToLowerInvariant())];

    public const int Count = (int)SignalKind.Availability + 1;
}
