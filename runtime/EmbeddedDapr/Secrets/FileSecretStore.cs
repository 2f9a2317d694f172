using System.Text.Json;
using Dapr.Embedded.Components;
using Dapr.Embedded.Resources;

namespace Dapr.Embedded.Secrets;

/// <summary>
/// secretstores.local.file: a JSON file. Nested objects are flattened to one key each ("a:b", metadata nestedSeparator); with
/// multiValued an object at the top is one secret of several values.
/// </summary>
internal sealed class FileSecretStore : ISecretStore
{
    private readonly IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> secrets;

    private FileSecretStore(IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> secrets, bool multiValued)
    {
        this.secrets = secrets;
        Capabilities = multiValued ? ["MULTIPLE_KEY_VALUES_PER_SECRET"] : [];
    }

    public IReadOnlyList<string> Capabilities { get; }

    /// <exception cref="ResourceException">The file is missing or is no JSON object.</exception>
    public static async Task<FileSecretStore> OpenAsync(ComponentSpec spec, CancellationToken cancellationToken)
    {
        var path = spec.Metadata.Required("secretsFile");
        var multiValued = spec.Metadata.Flag("multiValued", false);
        var separator = spec.Metadata.Text("nestedSeparator") ?? ":";
        try
        {
            await using var file = File.OpenRead(path);
            using var document = await JsonDocument.ParseAsync(file, cancellationToken: cancellationToken).ConfigureAwait(false);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new ResourceException($"metadata secretsFile: {path} holds no JSON object");
            return new FileSecretStore(multiValued ? Grouped(document.RootElement, separator) : Single(document.RootElement, separator), multiValued);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new ResourceException($"metadata secretsFile: {path} (from {Directory.GetCurrentDirectory()}): {error.Message}", error);
        }
    }

    public Task<IReadOnlyDictionary<string, string>> GetAsync(string name, CancellationToken cancellationToken) =>
        secrets.TryGetValue(name, out var secret) ? Task.FromResult(secret) : throw new KeyNotFoundException($"secret {name} not found");

    public Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> GetAllAsync(CancellationToken cancellationToken) =>
        Task.FromResult(secrets);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static Dictionary<string, IReadOnlyDictionary<string, string>> Single(JsonElement root, string separator)
    {
        var single = new Dictionary<string, IReadOnlyDictionary<string, string>>();
        foreach (var (key, value) in Flat("", root, separator))
            single[key] = new Dictionary<string, string> { [key] = value };
        return single;
    }

    private static Dictionary<string, IReadOnlyDictionary<string, string>> Grouped(JsonElement root, string separator)
    {
        var grouped = new Dictionary<string, IReadOnlyDictionary<string, string>>();
        foreach (var secret in root.EnumerateObject())
        {
            grouped[secret.Name] = secret.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array
                ? Flat("", secret.Value, separator).ToDictionary(entry => entry.Key, entry => entry.Value)
                : new Dictionary<string, string> { [secret.Name] = secret.Value.ToString() };
        }
        return grouped;
    }

    private static IEnumerable<(string Key, string Value)> Flat(string prefix, JsonElement element, string separator)
    {
        IEnumerable<(string, JsonElement)> children = element.ValueKind switch
        {
            JsonValueKind.Object => element.EnumerateObject().Select(child => (child.Name, child.Value)),
            JsonValueKind.Array => element
                .EnumerateArray()
                .Select((child, i) => (i.ToString(System.Globalization.CultureInfo.InvariantCulture), child)),
            _ => [],
        };
        if (element.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array))
            return [(prefix, element.ToString())];
        return children.SelectMany(child => Flat(prefix.Length == 0 ? child.Item1 : prefix + separator + child.Item1, child.Item2, separator));
    }
}
