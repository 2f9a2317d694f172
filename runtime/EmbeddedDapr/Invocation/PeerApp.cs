using System.Globalization;
using System.Net;
using Dapr.Embedded.Hosting;
using Dapr.Embedded.Names;
using Dapr.Embedded.Resiliency;

namespace Dapr.Embedded.Invocation;

/// <summary>An app behind another sidecar, in this process or in another one; a retry looks its name up again, and so finds a new address.</summary>
internal sealed class PeerApp(SidecarContext context, PeerAddresses addresses, HttpMessageInvoker client, string appId, string ns)
    : IInvocationChannel
{
    /// <summary>Where the internal port takes invocations.</summary>
    public const string PathPrefix = "/invoke";

    private const int Unavailable = 14;
    private static readonly string HostName = Dns.GetHostName();

    public async Task<Attempt<HttpResponseMessage>> SendAsync(InvocationRequest request, CancellationToken cancellationToken)
    {
        var address = await addresses.FindAsync(appId, ns, cancellationToken).ConfigureAwait(false);
        if (address is null)
            return new(null, new Failure($"couldn't find service: {appId}", Retriable: false));
        var message = request.ToMessage(new Uri(address.Endpoint, PathPrefix + request.PathAndQuery));
        message.Version = HttpVersion.Version20;
        message.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        AddIdentity(message, address);
        if (!request.HasVerb)
            message.Headers.TryAddWithoutValidation(HeaderRules.NoVerb, "1");
        try
        {
            var answer = await client.SendAsync(message, cancellationToken).ConfigureAwait(false);
            if (answer.Headers.TryGetValues(HeaderRules.SidecarError, out var codes))
                return new(null, await ReadFailureAsync(answer, codes.First(), cancellationToken).ConfigureAwait(false));
            if (answer.Headers.Remove(HeaderRules.FromApp))
                return Answers.Judge(answer);
            answer.Dispose();
            return Lost(address, $"{address.Endpoint} is no longer the sidecar of {appId}");
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            message.Dispose();
            return Lost(address, error.Message);
        }
    }

    private Attempt<HttpResponseMessage> Lost(SidecarAddress address, string reason)
    {
        addresses.Forget(address);
        return new(null, new Failure(InvocationErrors.Rpc(Grpc.Core.StatusCode.Unavailable, reason), GrpcStatus: Unavailable));
    }

    private void AddIdentity(HttpRequestMessage message, SidecarAddress address)
    {
        message.Headers.TryAddWithoutValidation(SidecarAddress.TokenHeader, address.Token);
        message.Headers.TryAddWithoutValidation(HeaderRules.CallerAppId, context.AppId);
        message.Headers.TryAddWithoutValidation(HeaderRules.CallerNamespace, context.Namespace);
        message.Headers.TryAddWithoutValidation(HeaderRules.CalleeAppId, address.AppId);
        Append(message, "x-forwarded-for", address.Host);
        Append(message, "x-forwarded-host", HostName);
        Append(message, "forwarded", $"for={address.Host};by={address.Host};host={HostName}");
    }

    private static void Append(HttpRequestMessage message, string name, string value)
    {
        var before = message.Headers.NonValidated.TryGetValues(name, out var values) ? string.Join(", ", values) + ", " : "";
        message.Headers.Remove(name);
        message.Headers.TryAddWithoutValidation(name, before + value);
    }

    private static async Task<Failure> ReadFailureAsync(HttpResponseMessage answer, string code, CancellationToken cancellationToken)
    {
        using (answer)
        {
            var reason = await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            return new Failure(reason, GrpcStatus: int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 2);
        }
    }
}
