using System.Globalization;
using System.Text;
using System.Text.Json;
using Dapr.Anomaly.Core.Models.Onnx;

namespace Dapr.Anomaly.Platform.Registry.Mlflow;

/// <summary>
/// The texts that make uploaded ONNX files a model for MLflow: <c>MLmodel</c> with the graph's signature (so that <c>mlflow.onnx</c>,
/// <c>mlflow.pyfunc</c> and <c>mlflow models serve</c> load it), and the environment files for those who rebuild one.
/// </summary>
internal static class MlmodelFiles
{
    public const string Mlmodel = "MLmodel";

    public static IReadOnlyDictionary<string, byte[]> Environment { get; } =
        new Dictionary<string, string>
        {
            ["requirements.txt"] = "mlflow\nonnx\nonnxruntime\nnumpy\n",
            ["python_env.yaml"] = "python: '3.11.0'\nbuild_dependencies:\n- pip\ndependencies:\n- -r requirements.txt\n",
            ["conda.yaml"] =
                "channels:\n- conda-forge\ndependencies:\n- python=3.11\n- pip\n- pip:\n"
                + "  - mlflow\n  - onnx\n  - onnxruntime\n  - numpy\nname: mlflow-env\n",
        }.ToDictionary(f => f.Key, f => Encoding.UTF8.GetBytes(f.Value));

    /// <param name="artifactPath">The LoggedModel's artifact URI, or the folder below the run on servers before 3.</param>
    /// <param name="modelId">The LoggedModel, null before 3.</param>
    /// <param name="uuid">32 hexadecimal digits.</param>
    public static byte[] Text(
        ModelRegistration registration,
        string artifactPath,
        string? modelId,
        string runId,
        string uuid,
        DateTimeOffset createdAt
    )
    {
        var data = registration.Signature;
        var yaml = new StringBuilder();
        // Every string that YAML could read as a number or a date is quoted.
        yaml.Append(CultureInfo.InvariantCulture, $"artifact_path: {artifactPath}\nflavors:\n");
        yaml.Append(
            CultureInfo.InvariantCulture,
            $"  onnx:\n    code: null\n    data: {data}\n    onnx_version: '1.17.0'\n    providers:\n    - CPUExecutionProvider\n"
        );
        yaml.Append(
            CultureInfo.InvariantCulture,
            $"  python_function:\n    data: {data}\n    env:\n      conda: conda.yaml\n      virtualenv: python_env.yaml\n"
        );
        yaml.Append("    loader_module: mlflow.onnx\n    python_version: '3.11.0'\n");
        yaml.Append("mlflow_version: '3.18.0'\n");
        if (modelId is not null)
            yaml.Append(CultureInfo.InvariantCulture, $"model_id: {modelId}\n");
        yaml.Append(
            CultureInfo.InvariantCulture,
            $"model_size_bytes: {registration.Files.Sum(f => (long)f.Value.Length)}\nmodel_uuid: '{uuid}'\nrun_id: '{runId}'\n"
        );
        if (Signature(registration) is { } signature)
            yaml.Append(
                CultureInfo.InvariantCulture,
                $"signature:\n  inputs: '{signature.Inputs}'\n  outputs: '{signature.Outputs}'\n  params: null\n"
            );
        yaml.Append(CultureInfo.InvariantCulture, $"utc_time_created: '{Created(createdAt)}'\nmetadata:\n  sha256: '{registration.Sha256}'\n");
        if (registration.Tags.TryGetValue(MlflowTags.SchemaHash, out var schema))
            yaml.Append(CultureInfo.InvariantCulture, $"  schema_hash: '{schema}'\n");
        return Encoding.UTF8.GetBytes(yaml.ToString());
    }

    /// <summary>What <c>runs/log-model</c> wants to know, for servers before 3.</summary>
    public static string RunModelJson(ModelRegistration registration, string artifactPath, string runId, DateTimeOffset createdAt) =>
        JsonSerializer.Serialize(
            new
            {
                artifact_path = artifactPath,
                run_id = runId,
                utc_time_created = Created(createdAt),
                flavors = new
                {
                    onnx = new { data = registration.Signature },
                    python_function = new { loader_module = "mlflow.onnx", data = registration.Signature },
                },
            }
        );

    // A model without tensors to show (or whose file is another format) is stored without a signature: MLflow takes that.
    private static (string Inputs, string Outputs)? Signature(ModelRegistration registration)
    {
        if (!registration.Files.TryGetValue(registration.Signature, out var content))
            return null;
        try
        {
            var model = OnnxFile.Read(content);
            return (Tensors(model.Inputs), Tensors(model.Outputs));
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static string Tensors(IReadOnlyList<OnnxValue> values) =>
        JsonSerializer
            .Serialize(
                values.Select(v => new Dictionary<string, object>
                {
                    ["name"] = v.Name,
                    ["type"] = "tensor",
                    ["tensor-spec"] = new { dtype = Type(v.Element), shape = v.Shape.Select(d => d.Size) },
                })
            )
            .Replace("'", "''", StringComparison.Ordinal);

    private static string Type(OnnxElement element) =>
        element switch
        {
            OnnxElement.Float => "float32",
            OnnxElement.Double => "float64",
            OnnxElement.Int32 => "int32",
            OnnxElement.Int64 => "int64",
            OnnxElement.Bool => "bool",
            _ => throw new InvalidDataException($"element type {(int)element} has no name in a signature"),
        };

    private static string Created(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
}
