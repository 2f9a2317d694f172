namespace Dapr.Anomaly.Cli.Evaluate;

/// <summary>Which part of the data may be looked at.</summary>
internal enum EvaluationPart
{
    /// <summary>What figures are published on.</summary>
    Report = 0,

    /// <summary>What settings may be chosen by: ASD omi-1 to 3 and rows 20 to 50 % of each series of the cloud monitoring set.</summary>
    Tune = 1,
}
