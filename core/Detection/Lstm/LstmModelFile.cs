using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;

namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>Reads the design out of a loaded model file and checks that it is what this code serves.</summary>
internal static class LstmModelFile
{
    private const float SelfTestTolerance = 1e-4f;

    /// <exception cref="InvalidDataException">The file is another kind of model, was made for other features, or gives other numbers than when it was
    /// written.</exception>
    public static LstmDesign Read(InferenceSession session)
    {
        var metadata = session.ModelMetadata.CustomMetadataMap;
        if (Text("anomaly.kind") is var kind && kind != LstmOnnx.Kind)
            throw new InvalidDataException($"model metadata anomaly.kind is \"{kind}\"; it must be \"{LstmOnnx.Kind}\"");
        var names = JsonSerializer.Deserialize<string[]>(Text("anomaly.feature_names"))!;
        if (!names.SequenceEqual(LstmInputs.Names))
            throw new InvalidDataException(
                $"the model was trained on the features {string.Join(", ", names)}; this code makes {string.Join(", ", LstmInputs.Names)}"
            );
        var design = new LstmDesign(
            (int)Number("anomaly.window_steps"),
            (int)Number("anomaly.hidden_size"),
            (int)Number("anomaly.horizon_steps"),
            JsonSerializer.Deserialize<double[]>(Text("anomaly.quantiles"))!,
            TimeSpan.FromSeconds(Number("anomaly.step_seconds")),
            Number("anomaly.scale_floor")
        );
        RequireShape(session.InputMetadata, LstmOnnx.InputName, [design.Steps, -1, LstmInputs.Count]);
        RequireShape(session.OutputMetadata, LstmOnnx.OutputName, [-1, design.Horizons, design.Quantiles.Count]);
        SelfTest(session, design, Floats("anomaly.sample_input"), Floats("anomaly.sample_output"));
        return design;

        string Text(string key) => metadata.TryGetValue(key, out var value) ? value : throw new InvalidDataException($"model metadata has no {key}");

        double Number(string key) => double.Parse(Text(key), CultureInfo.InvariantCulture);

        float[] Floats(string key) => MemoryMarshal.Cast<byte, float>(Convert.FromBase64String(Text(key))).ToArray();
    }

    private static void RequireShape(IReadOnlyDictionary<string, NodeMetadata> values, string name, int[] shape)
    {
        if (!values.TryGetValue(name, out var value) || value.ElementType != typeof(float) || !value.Dimensions.SequenceEqual(shape))
            throw new InvalidDataException($"the model must have a float tensor \"{name}\" of shape [{string.Join(", ", shape)}] (-1 is dynamic)");
    }

    private static void SelfTest(InferenceSession session, LstmDesign design, float[] input, float[] expected)
    {
        using var options = new RunOptions();
        using var value = OrtValue.CreateTensorValueFromMemory(input, [design.Steps, 1, LstmInputs.Count]);
        using var outputs = session.Run(options, [LstmOnnx.InputName], [value], [LstmOnnx.OutputName]);
        var seen = outputs[0].GetTensorDataAsSpan<float>();
        for (var i = 0; i < expected.Length; i++)
            if (!(Math.Abs(seen[i] - expected[i]) <= SelfTestTolerance))
                throw new InvalidDataException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"the model's own sample gives {seen[i]} at output {i} instead of {expected[i]}; "
                            + $"the file or the runtime is not the one it was written with"
                    )
                );
    }
}
