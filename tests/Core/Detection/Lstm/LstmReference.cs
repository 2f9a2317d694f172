using System.Text.Json;
using Dapr.Anomaly.Core.Detection.Lstm;

namespace Dapr.Anomaly.Core.Tests.Detection.Lstm;

/// <summary>The reference cases of Golden/lstm-reference.json, with weights put into our layout.</summary>
internal static class LstmReference
{
    public static JsonElement Root { get; } = Read();

    public static JsonElement Case(string name) => Root.GetProperty("cases").EnumerateArray().Single(c => c.GetProperty("name").GetString() == name);

    public static LstmShape Shape(JsonElement c) =>
        new(c.GetProperty("input").GetInt32(), c.GetProperty("hidden").GetInt32(), c.GetProperty("outputs").GetInt32());

    /// <summary>
    /// Flat parameters from reference tensors, whose gate order is i, f, g, o; the second bias is added to the first (or, for gradients, is equal to
    /// it and left out).
    /// </summary>
    public static double[] Parameters(JsonElement tensors, LstmShape shape, bool addSecondBias)
    {
        var (inputs, hidden) = (shape.Inputs, shape.Hidden);
        var flat = new double[shape.Parameters];
        double[] w = Flat(tensors.GetProperty("lstm.weight_ih_l0")),
            r = Flat(tensors.GetProperty("lstm.weight_hh_l0"));
        double[] wb = Flat(tensors.GetProperty("lstm.bias_ih_l0")),
            rb = Flat(tensors.GetProperty("lstm.bias_hh_l0"));
        int[] ours = [0, 3, 1, 2];
        for (var gate = 0; gate < 4; gate++)
        for (var h = 0; h < hidden; h++)
        {
            var from = ours[gate] * hidden + h;
            var to = gate * hidden + h;
            w.AsSpan(from * inputs, inputs).CopyTo(flat.AsSpan(to * shape.Columns));
            r.AsSpan(from * hidden, hidden).CopyTo(flat.AsSpan(to * shape.Columns + inputs));
            flat[shape.GateBiasAt + to] = wb[from] + (addSecondBias ? rb[from] : 0);
        }
        Flat(tensors.GetProperty("head.weight")).CopyTo(flat, shape.HeadAt);
        Flat(tensors.GetProperty("head.bias")).CopyTo(flat, shape.HeadBiasAt);
        return flat;
    }

    public static LstmPass<double> Pass(JsonElement c)
    {
        var pass = new LstmPass<double>(Shape(c), c.GetProperty("T").GetInt32(), c.GetProperty("N").GetInt32());
        var x = c.GetProperty("x");
        for (var t = 0; t < x.GetArrayLength(); t++)
        for (var n = 0; n < x[t].GetArrayLength(); n++)
        for (var f = 0; f < x[t][n].GetArrayLength(); f++)
            pass.Inputs[t * pass.StepStride + f * pass.Batch + n] = x[t][n][f].GetDouble();
        return pass;
    }

    public static double[] Flat(JsonElement tensor) =>
        tensor.ValueKind == JsonValueKind.Array ? [.. tensor.EnumerateArray().SelectMany(Flat)] : [tensor.GetDouble()];

    private static JsonElement Read()
    {
        using var file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Golden", "lstm-reference.json"));
        using var document = JsonDocument.Parse(file);
        return document.RootElement.Clone();
    }
}
