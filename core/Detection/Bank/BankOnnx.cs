using System.Globalization;
using System.Runtime.InteropServices;
using Dapr.Anomaly.Core.Models.Onnx;

namespace Dapr.Anomaly.Core.Detection.Bank;

/// <summary>
/// The ONNX form of the banks of many series: <c>idx int64[N], windows double[N, L]</c> in the unit of the series → <c>score float[N]</c>. Scales and
/// banks are initializers, the identities of the series are metadata in their order.
/// </summary>
public static class BankOnnx
{
    public const string Kind = "window-bank";

    private const string EntriesName = "entries",
        CentersName = "centers",
        ScalesName = "scales",
        SeriesKey = "anomaly.series",
        StepsKey = "anomaly.window_steps",
        KindKey = "anomaly.kind";

    /// <summary>Writes the model. The same banks and metadata give the same bytes.</summary>
    /// <exception cref="ArgumentException">No bank, or banks of different sizes.</exception>
    public static byte[] ToOnnx(IReadOnlyList<SeriesBank> banks, IReadOnlyDictionary<string, string> metadata)
    {
        if (banks.Count == 0)
            throw new ArgumentException("a file of banks needs at least one series", nameof(banks));
        var (length, count) = (banks[0].Bank.Length, banks[0].Bank.Count);
        if (banks.FirstOrDefault(b => b.Bank.Length != length || b.Bank.Count != count) is { } other)
            throw new ArgumentException(
                $"series {other.Series}: its bank has {other.Bank.Count} windows of {other.Bank.Length}, the first one {count} of {length}",
                nameof(banks)
            );
        var graph = new OnnxGraph(Kind) { Description = "Mean distance of the newest window of a series to its three nearest normal ones" };
        foreach (var (key, value) in metadata)
            graph.Metadata(key, value);
        graph
            .Metadata(KindKey, Kind)
            .Metadata(StepsKey, length.ToString(CultureInfo.InvariantCulture))
            .Metadata(SeriesKey, Convert.ToBase64String(MemoryMarshal.AsBytes<ulong>(banks.Select(b => b.Series.Fingerprint).ToArray())));

        graph.Input("idx", OnnxElement.Int64, "N");
        graph.Input("windows", OnnxElement.Double, "N", length);
        var entries = new float[banks.Count * count * length];
        for (var s = 0; s < banks.Count; s++)
            banks[s].Bank.Entries.CopyTo(entries.AsSpan(s * count * length));
        graph.Initializer(EntriesName, entries, banks.Count, count * length);
        graph.Initializer(CentersName, banks.Select(b => b.Scale.Center).ToArray(), banks.Count, 1);
        graph.Initializer(ScalesName, banks.Select(b => b.Scale.Scale).ToArray(), banks.Count, 1);
        graph.Initializer("low", [-(double)BankScale.Limit]);
        graph.Initializer("high", [(double)BankScale.Limit]);
        graph.Initializer("per_step", [(float)(1 / Math.Sqrt(length))]);
        graph.Initializer("neighbours", [(long)FittedBank.Neighbours], 1);
        graph.Initializer("of_window", [-1L, 1, length], 3);
        graph.Initializer("of_bank", [-1L, count, length], 3);
        graph.Initializer("last", [2L], 1);
        graph.Node("Gather", [CentersName, "idx"], "center");
        graph.Node("Gather", [ScalesName, "idx"], "scale");
        graph.Node("Gather", [EntriesName, "idx"], "flat_bank");
        graph.Node("Sub", ["windows", "center"], "centred");
        graph.Node("Div", ["centred", "scale"], "unlimited");
        graph.Node("Max", ["unlimited", "low"], "above");
        graph.Node("Min", ["above", "high"], "limited");
        graph.Node("Cast", ["limited"], "scaled").With("to", (long)OnnxElement.Float);
        graph.Node("Reshape", ["scaled", "of_window"], "window");
        graph.Node("Reshape", ["flat_bank", "of_bank"], "bank");
        graph.Node("Sub", ["bank", "window"], "apart");
        graph.Node("Mul", ["apart", "apart"], "squares");
        graph.Node("ReduceSum", ["squares", "last"], "squared_distances").With("keepdims", 0);
        graph
            .Node("TopK", ["squared_distances", "neighbours"], "nearest_squared", "nearest_entries")
            .With("axis", 1)
            .With("largest", 0)
            .With("sorted", 0);
        graph.Node("Sqrt", ["nearest_squared"], "nearest");
        graph.Node("ReduceMean", ["nearest"], "mean").With("axes", [1L]).With("keepdims", 0);
        graph.Node("Mul", ["mean", "per_step"], "score");
        graph.Output("score", OnnxElement.Float, "N");
        return graph.ToModel();
    }

    /// <summary>Reads the banks back from their model file, to be scored without a runtime.</summary>
    /// <exception cref="InvalidDataException">The file is not such a model.</exception>
    public static IReadOnlyList<SeriesBank> FromOnnx(ReadOnlySpan<byte> model)
    {
        var file = OnnxFile.Read(model);
        if (file.Metadata(KindKey) is var kind && kind != Kind)
            throw new InvalidDataException($"model metadata {KindKey} is \"{kind}\"; it must be \"{Kind}\"");
        var ids = MemoryMarshal.Cast<byte, ulong>(Convert.FromBase64String(file.Metadata(SeriesKey)));
        var length = int.Parse(file.Metadata(StepsKey), CultureInfo.InvariantCulture);
        var (entries, series, width) = file.Matrix(EntriesName);
        var (centers, scales) = (file.DoubleMatrix(CentersName), file.DoubleMatrix(ScalesName));
        if (series != ids.Length || centers.Rows != series || scales.Rows != series)
            throw new InvalidDataException($"the model names {ids.Length} series but has banks for {series}");
        var banks = new SeriesBank[series];
        for (var s = 0; s < banks.Length; s++)
            banks[s] = new(new(ids[s]), new(centers.Values[s], scales.Values[s]), new(entries[(s * width)..((s + 1) * width)], length));
        return banks;
    }
}
