namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>What a trained LSTM takes and gives; written into its model file, so that serving encodes as training did.</summary>
/// <param name="Steps">Inputs of a window.</param>
/// <param name="Hidden">Width of the state.</param>
/// <param name="Horizons">Steps ahead, 1..Horizons.</param>
/// <param name="Quantiles">Levels of the outputs.</param>
/// <param name="Step">Time between samples.</param>
/// <param name="ScaleFloor">See <see cref="LstmOptions.ScaleFloor"/>.</param>
public sealed record LstmDesign(int Steps, int Hidden, int Horizons, IReadOnlyList<double> Quantiles, TimeSpan Step, double ScaleFloor)
{
    internal LstmShape Shape => new(LstmInputs.Count, Hidden, Horizons * Quantiles.Count);

    internal QuantileHead Head() => new(Quantiles, Horizons);
}
