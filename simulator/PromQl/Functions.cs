using static Dapr.Anomaly.Simulator.PromQl.ValueType;

namespace Dapr.Anomaly.Simulator.PromQl;

/// <summary>Types of a function's parameters (the last ones optional beyond <paramref name="Required"/>) and of its result.</summary>
internal sealed record Signature(ValueType[] Parameters, int Required, ValueType Returns)
{
    public Signature(ValueType[] parameters, ValueType returns = Vector)
        : this(parameters, parameters.Length, returns) { }
}

/// <summary>The functions that the simulator knows.</summary>
internal static class Functions
{
    private static Dictionary<string, Signature> Build()
    {
        Dictionary<string, Signature> all = new()
        {
            ["quantile_over_time"] = new([Scalar, Matrix]),
            ["predict_linear"] = new([Matrix, Scalar]),
            ["histogram_quantile"] = new([Scalar, Vector]),
            ["clamp"] = new([Vector, Scalar, Scalar]),
            ["clamp_min"] = new([Vector, Scalar]),
            ["clamp_max"] = new([Vector, Scalar]),
            ["round"] = new([Vector, Scalar], 1, Vector),
            ["label_replace"] = new([Vector, ValueType.String, ValueType.String, ValueType.String, ValueType.String]),
            ["scalar"] = new([Vector], Scalar),
            ["vector"] = new([Scalar]),
            ["time"] = new([], Scalar),
            ["absent"] = new([Vector]),
            ["timestamp"] = new([Vector]),
            ["sort"] = new([Vector]),
            ["sort_desc"] = new([Vector]),
        };
        foreach (var name in RangeFunctions.Names)
            all.TryAdd(name, new([Matrix]));
        foreach (var name in Elementwise.Keys)
            all.TryAdd(name, new([Vector]));
        return all;
    }

    /// <summary>Functions of one value.</summary>
    public static readonly IReadOnlyDictionary<string, Func<double, double>> Elementwise = new Dictionary<string, Func<double, double>>
    {
        ["abs"] = Math.Abs,
        ["ceil"] = Math.Ceiling,
        ["floor"] = Math.Floor,
        ["exp"] = Math.Exp,
        ["ln"] = Math.Log,
        ["log2"] = Math.Log2,
        ["log10"] = Math.Log10,
        ["sqrt"] = Math.Sqrt,
        ["sgn"] = static v => double.IsNaN(v) ? v : Math.Sign(v),
    };

    public static readonly IReadOnlyDictionary<string, Signature> Signatures = Build();
}
