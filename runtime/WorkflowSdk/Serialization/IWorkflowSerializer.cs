using System.Text.Json;
using Dapr.Common.Serialization;

namespace Dapr.Workflow.Serialization;

/// <summary>Turns inputs, results and events into text and back.</summary>
public interface IWorkflowSerializer : IDaprSerializer;

/// <summary>JSON with web defaults.</summary>
[Obsolete("Use Dapr.Common.Serialization.JsonDaprSerializer.")]
public sealed class JsonWorkflowSerializer : IWorkflowSerializer
{
    private readonly JsonDaprSerializer _json;

    /// <summary>Web defaults: camelCase, names read ignoring case.</summary>
    public JsonWorkflowSerializer() => _json = new JsonDaprSerializer();

    /// <summary>With given options.</summary>
    public JsonWorkflowSerializer(JsonSerializerOptions options) => _json = new JsonDaprSerializer(options);

    /// <inheritdoc/>
    public string Serialize<T>(T? value) => _json.Serialize(value);

    /// <inheritdoc/>
    public string Serialize(object? value, Type? inputType = null) => _json.Serialize(value, inputType);

    /// <inheritdoc/>
    public T? Deserialize<T>(string? data) => _json.Deserialize<T>(data);

    /// <inheritdoc/>
    public object? Deserialize(string? data, Type returnType) => _json.Deserialize(data, returnType);
}
