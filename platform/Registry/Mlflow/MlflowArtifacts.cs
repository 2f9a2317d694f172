using System.Net;

namespace Dapr.Anomaly.Platform.Registry.Mlflow;

/// <summary>Files through the server's artifact proxy. Where they live is what the server's answers say; it is never put together here.</summary>
internal sealed class MlflowArtifacts(MlflowTransport transport)
{
    private const string Scheme = "mlflow-artifacts:";

    /// <summary>
    /// Stores files below <paramref name="artifactUri"/> in order, then looks whether each arrived whole: a proxy in between can answer 200 and store
    /// nothing.
    /// </summary>
    public async Task PutAsync(string artifactUri, IReadOnlyList<(string Path, byte[] Content)> files, CancellationToken cancellationToken)
    {
        foreach (var (path, content) in files)
            await transport.BytesAsync(HttpMethod.Put, FileUrl(artifactUri, path), content, cancellationToken);
        foreach (var folder in files.GroupBy(f => Folder(f.Path)))
        {
            var stored = (await ListAsync(artifactUri, folder.Key, cancellationToken)).ToDictionary(f => f.Path, f => f.FileSize);
            foreach (var (path, content) in folder)
                if (stored.GetValueOrDefault(path[(path.LastIndexOf('/') + 1)..]) is var size && (size ?? 0) != content.Length)
                    throw new MlflowException(
                        MlflowFailure.Unreachable,
                        $"MLflow at {transport.Server} stored {size?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "no"} bytes of "
                            + $"{path} below {artifactUri}; {content.Length} were sent"
                    );
        }
    }

    public Task<byte[]> GetAsync(string artifactUri, string path, CancellationToken cancellationToken) =>
        transport.BytesAsync(HttpMethod.Get, FileUrl(artifactUri, path), null, cancellationToken);

    /// <summary>What is in a folder: names only, not paths.</summary>
    public async Task<IReadOnlyList<StoredFile>> ListAsync(string artifactUri, string folder, CancellationToken cancellationToken)
    {
        var (server, root) = Root(artifactUri);
        return (
                await transport.GetAsync<StoredFiles>(
                    $"{server}/mlflow-artifacts/artifacts",
                    cancellationToken,
                    ("path", folder.Length == 0 ? root : $"{root}/{folder}")
                )
            ).Files
            ?? [];
    }

    private string FileUrl(string artifactUri, string path)
    {
        var (server, root) = Root(artifactUri);
        return $"{server}/mlflow-artifacts/artifacts/{string.Join('/', $"{root}/{path}".Split('/').Select(Uri.EscapeDataString))}";
    }

    /// <summary>The proxy's API (empty for the tracking server's own) and the path below it.</summary>
    private (string Server, string Path) Root(string artifactUri)
    {
        if (!artifactUri.StartsWith(Scheme, StringComparison.Ordinal))
            throw new MlflowException(
                MlflowFailure.Setup,
                $"MLflow at {transport.Server} does not proxy artifacts: it wants them at {artifactUri}; "
                    + "start it with --serve-artifacts and --artifacts-destination, and let new experiments use mlflow-artifacts:"
            );
        var rest = artifactUri[Scheme.Length..];
        if (!rest.StartsWith("//", StringComparison.Ordinal))
            return ("", WebUtility.UrlDecode(rest).Trim('/'));
        var slash = rest.IndexOf('/', 2);
        var (host, path) = slash < 0 ? (rest[2..], "") : (rest[2..slash], rest[slash..]);
        var scheme = transport.Server[..transport.Server.IndexOf(':')];
        return (host.Length == 0 ? "" : $"{scheme}://{host}/api/2.0", WebUtility.UrlDecode(path).Trim('/'));
    }

    private static string Folder(string path) => path.LastIndexOf('/') is >= 0 and var slash ? path[..slash] : "";
}
