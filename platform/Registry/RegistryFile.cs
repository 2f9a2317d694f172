using System.Text.Json;

namespace Dapr.Anomaly.Platform.Registry;

/// <summary>Reads files of the registry; whatever is wrong with one is a <see cref="RegistryException"/> that names it.</summary>
internal static class RegistryFile
{
    /// <summary>The document, or null when the file does not exist.</summary>
    public static Task<T?> ReadJsonAsync<T>(string path, CancellationToken cancellationToken)
        where T : class => NamingAsync(path, () => AtomicFile.ReadJsonAsync<T>(path, cancellationToken));

    public static Task<byte[]> ReadAsync(string path, CancellationToken cancellationToken) =>
        NamingAsync(path, () => File.ReadAllBytesAsync(path, cancellationToken));

    private static async Task<T> NamingAsync<T>(string path, Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new RegistryException($"{path} cannot be read: {e.Message}", e);
        }
    }
}
