namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>
/// Sizes of a one-layer LSTM with a linear head on its last state, and where each block lies in the flat parameter vector: gate weights [4H, I+H]
/// (gate rows in the order input, output, forget, cell; columns inputs then hidden state), gate biases [4H], head weights [O, H], head biases [O].
/// </summary>
/// <param name="Inputs">I, features a step.</param>
/// <param name="Hidden">H, width of the state.</param>
/// <param name="Outputs">O, rows of the head.</param>
internal readonly record struct LstmShape(int Inputs, int Hidden, int Outputs)
{
    public int Gates => 4 * Hidden;

    /// <summary>Columns of the gate weights, I + H.</summary>
    public int Columns => Inputs + Hidden;

    public int Parameters => HeadBiasAt + Outputs;

    public int GateBiasAt => Gates * Columns;

    public int HeadAt => GateBiasAt + Gates;

    public int HeadBiasAt => HeadAt + Outputs * Hidden;

    public ReadOnlySpan<T> GateWeights<T>(ReadOnlySpan<T> parameters) => parameters[..GateBiasAt];

    public ReadOnlySpan<T> GateBiases<T>(ReadOnlySpan<T> parameters) => parameters[GateBiasAt..HeadAt];

    public ReadOnlySpan<T> Head<T>(ReadOnlySpan<T> parameters) => parameters[HeadAt..HeadBiasAt];

    public ReadOnlySpan<T> HeadBiases<T>(ReadOnlySpan<T> parameters) => parameters[HeadBiasAt..Parameters];
}
