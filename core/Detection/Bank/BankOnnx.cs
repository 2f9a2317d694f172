using System.Globalization;
using System.Runtime.InteropServices;
using Dapr.Anomaly.Core.Models.Onnx;

namespace Dapr.Anomaly.Core.Detection.Bank;

/// <summary>
/// The ONNX form of a bank: <c>windows</c> float [N, L], scaled → <c>score</c> float [N]. The bank is an initializer, its calibration is metadata.
/// </summary>
public static class BankOnnx
{
    public const string Kind = "window-bank";

    private const string BankName = "bank",
        CalibrationKey = "anomaly.calibration_scores",
        SeedKey = "anomaly.seed",
        KindKey = "anomaly.kind";

    /// <summary>Writes the model. The same bank and metadata give the same bytes.</summary>
    /// <remarks>
    /// Squared distances come from |w|² + |b|² − 2 w·b, which cancels for windows near an entry: the graph does that part in double.
    /// </remarks>
    public static byte[] ToOnnx(this FittedBank bank, IReadOnlyDictionary<string, string> metadata)
    {
        var graph = new OnnxGraph(Kind) { Description = "Mean distance of scaled windows to the three nearest normal ones" };
        foreach (var (key, value) in metadata)
            graph.Metadata(key, value);
        var scores = MemoryMarshal.AsBytes(bank.Calibration.Scores);
        graph
            .Metadata(KindKey, Kind)
            .Metadata(SeedKey, bank.Seed.ToString(CultureInfo.InvariantCulture))
            .Metadata("anomaly.window_steps", bank.Length.ToString(CultureInfo.InvariantCulture))
            .Metadata(CalibrationKey, Convert.ToBase64String(scores));

        graph.Input("windows", OnnxElement.Float, "N", bank.Length);
        graph.Initializer(BankName, bank.Entries, bank.Count, bank.Length);
        graph.Initializer("squared_norms", SquaredNorms(bank), 1, bank.Count);
        graph.Initializer("minus_two", [-2.0]);
        graph.Initializer("neighbours", [(long)FittedBank.Neighbours], 1);
        graph.Initializer("steps", [1L], 1);
        graph.Initializer("per_step", [1 / Math.Sqrt(bank.Length)]);
        const long asDouble = (long)OnnxElement.Double,
            asFloat = (long)OnnxElement.Float;
        graph.Node("Cast", ["windows"], "w").With("to", asDouble);
        graph.Node("Cast", [BankName], "b").With("to", asDouble);
        graph.Node("Transpose", ["b"], "bt").With("perm", [1L, 0L]);
        graph.Node("MatMul", ["w", "bt"], "products");
        graph.Node("Mul", ["products", "minus_two"], "cross");
        graph.Node("Mul", ["w", "w"], "squares");
        graph.Node("ReduceSum", ["squares", "steps"], "window_norms").With("keepdims", 1);
        graph.Node("Add", ["cross", "window_norms"], "partial");
        graph.Node("Add", ["partial", "squared_norms"], "signed");
        graph.Node("Relu", ["signed"], "squared_distances");
        graph
            .Node("TopK", ["squared_distances", "neighbours"], "nearest_squared", "nearest_entries")
            .With("axis", 1)
            .With("largest", 0)
            .With("sorted", 0);
        graph.Node("Sqrt", ["nearest_squared"], "nearest");
        graph.Node("ReduceMean", ["nearest"], "mean").With("axes", [1L]).With("keepdims", 0);
        graph.Node("Mul", ["mean", "per_step"], "score_double");
        graph.Node("Cast", ["score_double"], "score").With("to", asFloat);
        graph.Output("score", OnnxElement.Float, "N");
        return graph.ToModel();
    }

    /// <summary>Reads a bank back from its model file, to be scored without a runtime.</summary>
    /// <exception cref="InvalidDataException">The file is not such a model.</exception>
    public static FittedBank FromOnnx(ReadOnlySpan<byte> model)
    {
        var file = OnnxFile.Read(model);
        if (file.Metadata(KindKey) is var kind && kind != Kind)
            throw new InvalidDataException($"model metadata {KindKey} is \"{kind}\"; it must be \"{Kind}\"");
        var (entries, _, length) = file.Matrix(BankName);
        return new(
            entries,
            length,
            ulong.Parse(file.Metadata(SeedKey), CultureInfo.InvariantCulture),
            new(OnnxFile.Floats(Convert.FromBase64String(file.Metadata(CalibrationKey))))
        );
    }

    private static double[] SquaredNorms(FittedBank bank)
    {
        var norms = new double[bank.Count];
        for (var i = 0; i < norms.Length; i++)
            foreach (double value in bank.Entries.Slice(i * bank.Length, bank.Length))
                norms[i] += value * value;
        return norms;
    }
}
