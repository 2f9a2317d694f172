using System.Net;
using System.Text.Json;
using Dapr.Embedded.Hosting;

namespace Dapr.Embedded.Bindings;

/// <summary>Input bindings of an HTTP app: OPTIONS asks, POST delivers.</summary>
internal sealed class HttpBindingApp(SidecarContext context, BindingReplies replies) : IBindingApp
{
    /// <summary>2xx or 405 to OPTIONS means yes.</summary>
    public async Task<bool> WantsAsync(string name, string route, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(context.Options.AppBindingOptionsTimeout);
        using var request = context.App.Request(HttpMethod.Options, Path(route));
        try
        {
            using var answer = await context.App.SendAsync(request, limit.Token).ConfigureAwait(false);
            return answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.MethodNotAllowed;
        }
        catch (Exception error)
            when (error is HttpRequestException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }

    public async Task DeliverAsync(string name, string route, BindingEvent one, TraceContext trace, CancellationToken cancellationToken)
    {
        using var request = context.App.Request(HttpMethod.Post, Path(route));
        request.Content = new ReadOnlyMemoryContent(one.Data);
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        request.Headers.TryAddWithoutValidation("traceparent", trace.TraceParent);
        foreach (var (key, value) in one.Metadata)
            request.Headers.TryAddWithoutValidation(key, value);
        using var answer = await context.App.SendAsync(request, cancellationToken).ConfigureAwait(false);
        var body = await answer.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        if (!answer.IsSuccessStatusCode)
            throw new BindingException($"the app answered {(int)answer.StatusCode} to POST {Path(route)}");
        if (body.Length > 0)
            await ReplyAsync(body, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>An answer may name states to save and bindings to call; any other body is only an acknowledgement.</summary>
    private async Task ReplyAsync(byte[] body, CancellationToken cancellationToken)
    {
        ReplyBody? reply;
        try
        {
            reply = JsonSerializer.Deserialize<ReplyBody>(body, JsonBodies.Options);
        }
        catch (JsonException)
        {
            return;
        }
        if (reply is null)
            return;
        var states = (reply.State ?? [])
            .Where(item => item.Key is not null)
            .Select(item => new State.StateItem(item.Key!, JsonSerializer.SerializeToUtf8Bytes(item.Value), item.ETag, item.Metadata ?? [], "", ""))
            .ToList();
        await replies
            .ApplyAsync(
                reply.StoreName ?? "",
                states,
                reply.To ?? [],
                JsonSerializer.SerializeToUtf8Bytes(reply.Data),
                reply.Concurrency == "PARALLEL",
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    private static string Path(string route) => route.StartsWith('/') ? route : "/" + route;

    private sealed record ReplyBody(StateBody[]? State, string? StoreName, string[]? To, JsonElement? Data, string? Concurrency);

    private sealed record StateBody(string? Key, JsonElement? Value, string? ETag, Dictionary<string, string>? Metadata);
}
