namespace Dapr.Embedded.Names;

/// <summary>Where a sidecar is called by the others, and the token that proves that the caller may read the names.</summary>
internal sealed record SidecarAddress(string AppId, string Namespace, string Host, int InternalPort, string Token)
{
    /// <summary>Header that carries <see cref="Token"/>.</summary>
    public const string TokenHeader = "dapr-embedded-token";

    /// <summary>Base address of the internal port (HTTP/2 in clear text).</summary>
    public Uri Endpoint => new($"http://{Host}:{InternalPort}");
}

/// <summary>App ids to addresses, the part that mDNS or SQLite name resolution plays for daprd.</summary>
internal interface INames
{
    /// <summary>Makes a sidecar known until the registration is disposed.</summary>
    Task<IAsyncDisposable> RegisterAsync(SidecarAddress address, CancellationToken cancellationToken);

    /// <summary>An address of the app, of several any; null when none is alive.</summary>
    Task<SidecarAddress?> FindAsync(string appId, string ns, CancellationToken cancellationToken);
}
