using Dapr.Embedded.Resiliency;

namespace Dapr.Embedded.Invocation;

/// <summary>An address outside Dapr: an HTTPEndpoint resource, or an absolute URL given as the app id.</summary>
internal sealed class ExternalEndpoint(HttpMessageInvoker client, Uri baseUrl, IReadOnlyList<KeyValuePair<string, string>> headers)
    : IInvocationChannel
{
    public async Task<Attempt<HttpResponseMessage>> SendAsync(InvocationRequest request, CancellationToken cancellationToken)
    {
        var message = request.ToMessage(new Uri(baseUrl.AbsoluteUri.TrimEnd('/') + request.PathAndQuery));
        foreach (var (name, value) in headers)
        {
            message.Headers.Remove(name);
            message.Headers.TryAddWithoutValidation(name, value);
        }
        try
        {
            return Answers.Judge(await client.SendAsync(message, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            message.Dispose();
            return new(null, new Failure($"{message.Method} \"{message.RequestUri}\": {error.Message}", GrpcStatus: 13));
        }
    }
}
