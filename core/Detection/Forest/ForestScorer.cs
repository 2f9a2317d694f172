using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Dapr.Anomaly.Core.Detection.Forest;

/// <summary>
/// Scores rows with a forest file on ONNX Runtime, one thread for each call, and explains them from the same file. May be called from many threads at
/// once.
/// </summary>
public sealed class ForestScorer : IDisposable
{
    /// <summary>Largest difference between ONNX Runtime and <see cref="FittedForest.Score(ReadOnlySpan{float})"/>.</summary>
    public const float Tolerance = 1e-6f;

    private static readonly string[] InputNames = [ForestOnnx.InputName];
    private static readonly string[] OutputNames = [ForestOnnx.OutputName];

    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();

    private ForestScorer(InferenceSession session, ForestFile file) => (_session, File) = (session, file);

    public ForestFile File { get; }

    /// <summary>The same forest for explanations and for single rows, where it is several times faster.</summary>
    public FittedForest Forest => File.Forest;

    /// <summary>Loads a model file.</summary>
    /// <param name="model">Bytes written by <see cref="ForestOnnx.ToOnnx"/>; the caller has checked their digest.</param>
    /// <param name="schemaHash">Hash of the features that will be given.</param>
    /// <exception cref="InvalidDataException">Not a sound forest, trained on other features, or its own sample scores differently here.</exception>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime refuses the file.</exception>
    public static ForestScorer Load(byte[] model, string schemaHash)
    {
        var file = ForestFile.Parse(model);
        if (file.SchemaHash != schemaHash)
            throw new InvalidDataException($"the forest was trained on the feature schema {file.SchemaHash}; this build extracts {schemaHash}");
        using var options = new SessionOptions
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            EnableCpuMemArena = false,
        };
        ForestScorer scorer = new(new(model, options), file),
            owned = scorer;
        try
        {
            var scores = new float[file.SampleScores.Length];
            scorer.Score(file.SampleRows, scores);
            file.Check(scores);
            owned = null!;
            return scorer;
        }
        finally
        {
            owned?.Dispose();
        }
    }

    /// <summary>Scores rows in one run; 32 to 1024 rows pay best.</summary>
    /// <param name="rows">Row-major, missing values imputed.</param>
    /// <param name="scores">Receives one score a row, in (0, 1).</param>
    public void Score(ReadOnlyMemory<float> rows, Memory<float> scores)
    {
        if (rows.Length != scores.Length * Forest.FeatureCount)
            throw new ArgumentException(
                $"{scores.Length} scores need {scores.Length * Forest.FeatureCount} values, {rows.Length} given",
                nameof(rows)
            );
        if (scores.IsEmpty)
            return;
        using var input = OrtValue.CreateTensorValueFromMemory(
            OrtMemoryInfo.DefaultInstance,
            MemoryMarshal.AsMemory(rows),
            [scores.Length, Forest.FeatureCount]
        );
        using var output = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, scores, [scores.Length, 1]);
        _session.Run(_options, InputNames, [input], OutputNames, [output]);
    }

    public void Dispose()
    {
        _session.Dispose();
        _options.Dispose();
    }
}
