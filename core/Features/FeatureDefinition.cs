namespace Dapr.Anomaly.Core.Features;

/// <summary>One column of the feature matrix.</summary>
/// <param name="Name">Stable name, snake case.</param>
/// <param name="Unit">Unit of the column: <c>sigma</c>, <c>ln</c>, <c>share</c>, <c>correlation</c> or <c>phase</c>. None depends on the unit of the
/// series.</param>
/// <param name="Neutral">Value that stands in when the feature is missing: what an ordinary window shows.</param>
/// <param name="Minimum">Smallest value.</param>
/// <param name="Maximum">Largest value.</param>
/// <param name="Missing">When it is missing, for people and for the hash.</param>
/// <param name="Meaning">What it says, for people; not part of the hash.</param>
public sealed record FeatureDefinition(string Name, string Unit, float Neutral, float Minimum, float Maximum, string Missing, string Meaning);
