using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Dapr.Anomaly.Core.Models.Onnx.Wire;
using Google.Protobuf;

namespace Dapr.Anomaly.Core.Detection.Forest;

/// <summary>
/// Reads a forest back from its ONNX file, so that the deployed file itself can explain a row. Row counts of the nodes are recovered from the leaf
/// weights: depth + c(rows).
/// </summary>
public sealed class ForestFile
{
    private static readonly (string Domain, string Operator)[] Operators = [("ai.onnx.ml", "TreeEnsembleRegressor"), ("", "Mul"), ("", "Pow")];

    private ForestFile(
        FittedForest forest,
        string schemaHash,
        string[] featureNames,
        IReadOnlyDictionary<string, string> metadata,
        float[] sampleRows,
        float[] sampleScores
    )
    {
        (Forest, SchemaHash, FeatureNames, Metadata) = (forest, schemaHash, featureNames, metadata);
        (SampleRows, SampleScores) = (sampleRows, sampleScores);
    }

    public FittedForest Forest { get; }

    public string SchemaHash { get; }

    public IReadOnlyList<string> FeatureNames { get; }

    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Rows that the file carries for self-tests.</summary>
    internal float[] SampleRows { get; }

    /// <summary>Their scores when the file was written.</summary>
    internal float[] SampleScores { get; }

    /// <summary>Parses and checks a model file.</summary>
    /// <param name="model">Bytes written by <see cref="ForestOnnx.ToOnnx"/>.</param>
    /// <exception cref="InvalidDataException">Not a forest of ours, or not sound; the message says what.</exception>
    public static ForestFile Parse(ReadOnlySpan<byte> model)
    {
        var proto = Proto(model);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in proto.MetadataProps)
            metadata[entry.Key] = entry.Value;
        if (Text("anomaly.kind") is var kind && kind != ForestOnnx.Kind)
            throw new InvalidDataException($"model metadata anomaly.kind is \"{kind}\"; it must be \"{ForestOnnx.Kind}\"");
        var found = proto.Graph?.Node.Select(n => (n.Domain, n.OpType)).ToArray() ?? [];
        if (!found.SequenceEqual(Operators))
            throw new InvalidDataException(
                $"the forest's graph has the operators {string.Join(", ", found.Select(f => f.OpType))}; "
                    + $"it must have {string.Join(", ", Operators.Select(o => o.Operator))}"
            );
        var names = Names(Text("anomaly.feature_names"));
        if (
            !int.TryParse(Text("anomaly.subsample"), NumberStyles.None, CultureInfo.InvariantCulture, out var subsample)
            || subsample is < 2 or > ForestOptions.MaxSubsample
        )
            throw new InvalidDataException(
                $"model metadata anomaly.subsample is \"{Text("anomaly.subsample")}\"; it must be 2 to {ForestOptions.MaxSubsample}"
            );
        if (!ulong.TryParse(Text("anomaly.seed"), NumberStyles.None, CultureInfo.InvariantCulture, out var seed))
            throw new InvalidDataException($"model metadata anomaly.seed is \"{Text("anomaly.seed")}\"; it must be a whole number");
        var forest = new FittedForest(new EnsembleReader(proto.Graph!.Node[0], names.Length, subsample).Trees(), names.Length, subsample, seed);
        var file = new ForestFile(
            forest,
            Text("anomaly.schema_hash"),
            names,
            metadata,
            Floats("anomaly.sample_input"),
            Floats("anomaly.sample_output")
        );
        file.SelfTest();
        return file;

        string Text(string key) => metadata.TryGetValue(key, out var value) ? value : throw new InvalidDataException($"model metadata has no {key}");

        float[] Floats(string key)
        {
            var bytes = new byte[Text(key).Length];
            if (!Convert.TryFromBase64String(Text(key), bytes, out var length) || length % sizeof(float) != 0)
                throw new InvalidDataException($"model metadata {key} is not base64 of float32 values");
            return MemoryMarshal.Cast<byte, float>(bytes.AsSpan(0, length)).ToArray();
        }
    }

    /// <exception cref="InvalidDataException">A score of the file's own sample is off.</exception>
    internal void Check(ReadOnlySpan<float> scores)
    {
        for (var i = 0; i < SampleScores.Length; i++)
            if (!(Math.Abs(scores[i] - SampleScores[i]) <= ForestScorer.Tolerance))
                throw new InvalidDataException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"the forest's own sample row {i} scores {scores[i]} instead of {SampleScores[i]}; "
                            + $"the file or the runtime is not the one it was written with"
                    )
                );
    }

    private static string[] Names(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<string[]>(json) ?? [];
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"model metadata anomaly.feature_names is not a JSON array of strings: {error.Message}", error);
        }
    }

    private static ModelProto Proto(ReadOnlySpan<byte> model)
    {
        try
        {
            return ModelProto.Parser.ParseFrom(model);
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new InvalidDataException($"not an ONNX file: {error.Message}", error);
        }
    }

    private void SelfTest()
    {
        if (SampleScores.Length == 0 || SampleRows.Length != SampleScores.Length * Forest.FeatureCount)
            throw new InvalidDataException(
                $"the forest's own sample has {SampleRows.Length} values and {SampleScores.Length} scores for {Forest.FeatureCount} features"
            );
        var scores = new float[SampleScores.Length];
        Forest.Score(SampleRows, scores);
        Check(scores);
    }
}
