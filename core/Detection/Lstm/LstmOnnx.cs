using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Dapr.Anomaly.Core.Models.Onnx;

namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>The ONNX form of a quantile LSTM: <c>x</c> float [T, N, I] → <c>quantiles</c> float [N, horizons, levels], in window scales.</summary>
public static class LstmOnnx
{
    public const string Kind = "lstm-quantile";

    internal const string InputName = "x",
        OutputName = "quantiles";

    private static readonly JsonSerializerOptions Json = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the model. The same weights and metadata give the same bytes.</summary>
    /// <param name="fitted">The trained network.</param>
    /// <param name="metadata">Further <c>anomaly.</c> entries, for example the schema hash, code version and training window.</param>
    public static byte[] ToOnnx(this FittedLstm fitted, IReadOnlyDictionary<string, string> metadata)
    {
        var network = fitted.Network;
        var design = network.Design;
        var graph = Graph(network);
        foreach (var (key, value) in metadata)
            graph.Metadata(key, value);
        var (input, output) = SelfTest(network);
        graph
            .Metadata("anomaly.kind", Kind)
            .Metadata("anomaly.feature_names", JsonSerializer.Serialize(LstmInputs.Names, Json))
            .Metadata(
                "anomaly.normalisation",
                JsonSerializer.Serialize(
                    new
                    {
                        rule = "median and 1.4826 MAD of the inputs plus scale_floor of the long-run scale",
                        scale_floor = design.ScaleFloor,
                        clip = WindowScale.Limit,
                    },
                    Json
                )
            )
            .Metadata("anomaly.scale_floor", Number(design.ScaleFloor))
            .Metadata("anomaly.quantiles", JsonSerializer.Serialize(design.Quantiles))
            .Metadata("anomaly.horizon_steps", Number(design.Horizons))
            .Metadata("anomaly.window_steps", Number(design.Steps))
            .Metadata("anomaly.hidden_size", Number(design.Hidden))
            .Metadata("anomaly.step_seconds", Number(design.Step.TotalSeconds))
            .Metadata("anomaly.seed", fitted.Seed.ToString(CultureInfo.InvariantCulture))
            .Metadata("anomaly.training_rows", Number(fitted.TrainingWindows))
            .Metadata("anomaly.training_series", Number(fitted.Series))
            .Metadata("anomaly.sample_input", Base64(input))
            .Metadata("anomaly.sample_output", Base64(output));
        return graph.ToModel();
    }

    /// <summary>LSTM → Squeeze → Gemm → median, and gaps made positive and summed outward from it by a constant matrix.</summary>
    private static OnnxGraph Graph(LstmNetwork network)
    {
        var design = network.Design;
        var shape = design.Shape;
        var parameters = network.Parameters;
        int inputs = shape.Inputs,
            hidden = shape.Hidden,
            gates = shape.Gates,
            horizons = design.Horizons,
            levels = design.Quantiles.Count;
        var weights = new float[gates * inputs];
        var recurrent = new float[gates * hidden];
        var biases = new float[2 * gates];
        for (var row = 0; row < gates; row++)
        {
            var both = shape.GateWeights(parameters).Slice(row * shape.Columns, shape.Columns);
            both[..inputs].CopyTo(weights.AsSpan(row * inputs));
            both[inputs..].CopyTo(recurrent.AsSpan(row * hidden));
        }
        shape.GateBiases(parameters).CopyTo(biases);

        var graph = new OnnxGraph("lstm-quantile") { Description = "Quantiles of the next samples of a series, in window scales" };
        graph.Input(InputName, OnnxElement.Float, design.Steps, "N", inputs);
        graph.Initializer("W", weights, 1, gates, inputs);
        graph.Initializer("R", recurrent, 1, gates, hidden);
        graph.Initializer("B", biases, 1, 2 * gates);
        graph.Initializer("first_axis", [0L], 1);
        graph.Initializer("last_axis", [2L], 1);
        graph.Initializer("head", shape.Head(parameters), shape.Outputs, hidden);
        graph.Initializer("head_bias", shape.HeadBiases(parameters), shape.Outputs);
        graph.Initializer("medians_and_gaps", [(long)horizons, shape.Outputs - horizons], 2);
        graph.Initializer("gap_shape", [0L, horizons, levels - 1], 3);
        graph.Initializer("gap_matrix", design.Head().GapMatrix(), levels - 1, levels);

        graph.Node("LSTM", [InputName, "W", "R", "B"], "", "last_state").With("hidden_size", hidden);
        graph.Node("Squeeze", ["last_state", "first_axis"], "state");
        graph.Node("Gemm", ["state", "head", "head_bias"], "rows").With("transB", 1);
        graph.Node("Split", ["rows", "medians_and_gaps"], "median_rows", "gap_rows").With("axis", 1);
        graph.Node("Softplus", ["gap_rows"], "positive_gaps");
        graph.Node("Reshape", ["positive_gaps", "gap_shape"], "gaps");
        graph.Node("MatMul", ["gaps", "gap_matrix"], "distances");
        graph.Node("Unsqueeze", ["median_rows", "last_axis"], "medians");
        graph.Node("Add", ["distances", "medians"], OutputName);
        graph.Output(OutputName, OnnxElement.Float, "N", horizons, levels);
        return graph;
    }

    /// <summary>A fixed window and what the network says to it, so that a loader can check that its runtime gives the same.</summary>
    private static (float[] Input, float[] Output) SelfTest(LstmNetwork network)
    {
        var design = network.Design;
        var values = new float[design.Steps];
        for (var t = 0; t < values.Length; t++)
            values[t] = MathF.Sin(0.7f * t) + t % 5 * 0.1f;
        using var engine = new ManagedLstmEngine(network, 1);
        var scale = WindowScale.Of(values, default, 0, design.ScaleFloor, new double[values.Length]);
        var input = new float[values.Length * LstmInputs.Count];
        LstmInputs.Encode(values, default, scale, DateTimeOffset.UnixEpoch, design.Step, default, input, LstmInputs.Count, 1);
        engine.Place(0, 1, values, default, scale, DateTimeOffset.UnixEpoch, default);
        var output = new float[design.Horizons * design.Quantiles.Count];
        engine.Run(1, output);
        return (input, output);
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Base64(float[] values) => Convert.ToBase64String(MemoryMarshal.AsBytes(values.AsSpan()));
}
