using System.Net;

namespace Dapr.Embedded.Bindings;

/// <summary>
/// One call of bindings.http. Redirects are followed as Go's client does (303 becomes GET, 301 and 302 after POST, too), but within the scheme, host
/// and port of the url only: an answer must not send a secret, or this machine's access, to somebody else.
/// </summary>
internal sealed class HttpBindingCall : IDisposable
{
    private const int MostRedirects = 10;

    private readonly HttpClient client;
    private HttpRequestMessage message;

    public HttpBindingCall(HttpClient client, HttpRequestMessage message)
    {
        (this.client, this.message) = (client, message);
        Shown = $"{message.Method} \"{HostOf(message.RequestUri!)}/…\"";
    }

    /// <summary>What is called, for errors: without user and path, which hold the secret of many webhooks.</summary>
    public string Shown { get; }

    /// <exception cref="BindingException">It is sent elsewhere, or in circles.</exception>
    public async Task<HttpResponseMessage> SendAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        for (var redirects = 0; ; redirects++)
        {
            var answer = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            if (!IsRedirect(answer.StatusCode) || answer.Headers.Location is not { } location)
                return answer;
            var target = new Uri(message.RequestUri!, location);
            using (answer)
            {
                if (!IsSameHost(target, message.RequestUri!))
                    throw new BindingException(
                        $"received status code {(int)answer.StatusCode}, a redirect to {HostOf(target)}: only redirects within "
                            + "the host and port of the component's url are followed"
                    );
                if (redirects == MostRedirects)
                    throw new BindingException($"stopped after {MostRedirects} redirects");
                Follow(target, answer.StatusCode, body);
            }
        }
    }

    public void Dispose() => message.Dispose();

    private static string HostOf(Uri url) => url.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);

    private static bool IsRedirect(HttpStatusCode status) => (int)status is 301 or 302 or 303 or 307 or 308;

    private static bool IsSameHost(Uri one, Uri other) =>
        Uri.Compare(one, other, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;

    private void Follow(Uri target, HttpStatusCode status, ReadOnlyMemory<byte> body)
    {
        var keepsBody = (int)status is 307 or 308;
        var verb = keepsBody || message.Method == HttpMethod.Head ? message.Method : HttpMethod.Get;
        var next = new HttpRequestMessage(verb, target);
        foreach (var (name, values) in message.Headers.NonValidated)
            next.Headers.TryAddWithoutValidation(name, (IEnumerable<string>)values);
        if (keepsBody && message.Content is { } content)
        {
            next.Content = new ReadOnlyMemoryContent(body);
            foreach (var (name, values) in content.Headers.NonValidated)
                next.Content.Headers.TryAddWithoutValidation(name, (IEnumerable<string>)values);
        }
        message.Dispose();
        message = next;
    }
}
