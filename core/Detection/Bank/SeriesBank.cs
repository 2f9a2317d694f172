using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Detection.Bank;

/// <summary>The bank of one series, with the scale in which its windows are kept.</summary>
/// <param name="Scale">Centre and scale of what is left of the series after its season.</param>
public sealed record SeriesBank(SeriesId Series, BankScale Scale, FittedBank Bank);
