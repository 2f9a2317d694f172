namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>Trained weights and what they are for. Immutable.</summary>
public sealed class LstmNetwork
{
    private readonly float[] _parameters;

    internal LstmNetwork(LstmDesign design, float[] parameters)
    {
        if (parameters.Length != design.Shape.Parameters)
            throw new ArgumentException(
                $"an LSTM of this design has {design.Shape.Parameters} parameters, {parameters.Length} were given",
                nameof(parameters)
            );
        Design = design;
        _parameters = parameters;
    }

    public LstmDesign Design { get; }

    /// <summary>Flat weights: gates [4H, I+H] with rows input, output, forget, cell; gate biases [4H]; head [O, H]; head biases [O].</summary>
    public ReadOnlySpan<float> Parameters => _parameters;
}
