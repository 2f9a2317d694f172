using System.Security.Cryptography.X509Certificates;
using Dapr.Embedded.Components;
using Dapr.Embedded.Resources;

namespace Dapr.Embedded.Bindings;

/// <summary>
/// Client certificate and private root of bindings.http: metadata MTLSRootCA, MTLSClientCert, MTLSClientKey, each a PEM text or a file.
/// </summary>
internal static class HttpBindingTls
{
    public static void Apply(SocketsHttpHandler handler, ComponentMetadata metadata)
    {
        var (certificate, key) = (Pem(metadata.Text("MTLSClientCert")), Pem(metadata.Text("MTLSClientKey")));
        if (certificate is null != key is null)
            throw new ResourceException("metadata MTLSClientCert and MTLSClientKey go together; give both or none");
        if (certificate is not null)
            handler.SslOptions.ClientCertificates = [X509Certificate2.CreateFromPem(certificate, key)];
        if (Pem(metadata.Text("MTLSRootCA")) is not { } root)
            return;
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPem(root);
        handler.SslOptions.CertificateChainPolicy = policy;
    }

    private static string? Pem(string? textOrFile) => textOrFile is not null && File.Exists(textOrFile) ? File.ReadAllText(textOrFile) : textOrFile;
}
