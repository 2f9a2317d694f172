using System.Net;
using System.Net.Http.Headers;
using Dapr.Embedded.App;
using Dapr.Embedded.PubSub.Events;
using Dapr.Embedded.Resiliency;

namespace Dapr.Embedded.PubSub.Delivery;

/// <summary>Posts events to an HTTP app and reads its verdict from status and body.</summary>
internal sealed class HttpSubscriber(AppChannel app) : ISubscriber
{
    private static readonly MediaTypeHeaderValue CloudEvent = new(EventFields.ContentType);
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    public async Task<Attempt<Verdict>> SendAsync(EventDelivery delivery, CancellationToken cancellationToken)
    {
        using var request = Request(delivery);
        request.Content = new ReadOnlyMemoryContent(delivery.Event.Body);
        request.Content.Headers.ContentType = CloudEvent;
        return await SendAsync(request, AppAnswer.ReadVerdict, Verdict.Drop, cancellationToken).ConfigureAwait(false);
    }

    public async Task<Attempt<IReadOnlyDictionary<string, Verdict>>> SendBulkAsync(
        IReadOnlyList<EventDelivery> deliveries,
        CancellationToken cancellationToken
    )
    {
        using var request = Request(deliveries[0]);
        request.Content = new ByteArrayContent(BulkBody.Write(deliveries));
        request.Content.Headers.ContentType = Json;
        IReadOnlyDictionary<string, Verdict> dropped = deliveries.ToDictionary(delivery => delivery.EntryId, _ => Verdict.Drop);
        return await SendAsync(request, BulkBody.ReadVerdicts, dropped, cancellationToken).ConfigureAwait(false);
    }

    private async Task<Attempt<T>> SendAsync<T>(
        HttpRequestMessage request,
        Func<byte[], Attempt<T>> read,
        T notFound,
        CancellationToken cancellationToken
    )
    {
        try
        {
            using var answer = await app.SendAsync(request, cancellationToken).ConfigureAwait(false);
            var body = await answer.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            if (answer.IsSuccessStatusCode)
                return read(body);
            if (answer.StatusCode == HttpStatusCode.NotFound)
                return notFound;
            return new Attempt<T>(default, new Failure($"the app answered {(int)answer.StatusCode}", HttpStatus: (int)answer.StatusCode));
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            return new Attempt<T>(default, new Failure($"the app cannot be reached: {error.Message}"));
        }
    }

    private HttpRequestMessage Request(EventDelivery delivery)
    {
        var path = delivery.Path.StartsWith('/') ? delivery.Path : "/" + delivery.Path;
        var request = app.Request(HttpMethod.Post, path);
        foreach (var (name, value) in EventHeaders.Of(delivery))
            request.Headers.TryAddWithoutValidation(name, value);
        return request;
    }
}
