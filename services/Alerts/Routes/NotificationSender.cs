using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Client;
using Grpc.Core;

namespace Dapr.Anomaly.Alerts;

/// <summary>
/// Carries one notification to the topic or to a Dapr binding, and tells a refusal from a failure. HTTP bindings are asked not to make an error of
/// the receiver's status, for the error would hide its words and its <c>Retry-After</c>.
/// </summary>
internal sealed class NotificationSender(DaprClient dapr, TimeProvider time)
{
    /// <summary>A receiver that takes longer is asked again later.</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(30);

    private const int MaxWords = 300;

    public Task<SendOutcome> SendAsync(Delivery delivery, CancellationToken cancellationToken) =>
        TryAsync(
            async token =>
            {
                if (delivery.Route == Delivery.Topic)
                {
                    await dapr.PublishEventAsync(Topics.PubSub, Topics.Incidents, delivery.Incident, token);
                    return new SendOutcome.Sent();
                }
                return await InvokeAsync(await BindingRequests.CreateAsync(dapr, delivery.Route, delivery.Incident, time.GetUtcNow(), token), token);
            },
            cancellationToken
        );

    public Task<SendOutcome> SendAsync(BindingRequest request, CancellationToken cancellationToken) =>
        TryAsync(token => InvokeAsync(request, token), cancellationToken);

    private async Task<SendOutcome> InvokeAsync(BindingRequest request, CancellationToken cancellationToken)
    {
        var response = await dapr.InvokeBindingAsync(request, cancellationToken);
        return Judge(response.Metadata, response.Data, time.GetUtcNow());
    }

    private async Task<SendOutcome> TryAsync(Func<CancellationToken, Task<SendOutcome>> send, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(MaxWait, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await send(both.Token);
        }
        catch (Exception) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return new SendOutcome.Failed($"no answer within {MaxWait.TotalSeconds:0} s");
        }
        catch (Exception e) when (e is DaprException or RpcException or HttpRequestException or IOException)
        {
            return new SendOutcome.Failed((e as RpcException ?? e.InnerException as RpcException)?.Status.Detail ?? (e.InnerException ?? e).Message);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Nothing that the receiver or the way to it could mend: the message itself cannot be written.
            return new SendOutcome.Refused($"it cannot be written: {e.Message}");
        }
    }

    /// <summary>Reads the answer of an HTTP receiver; bindings of other kinds have no status, and have taken what they answer.</summary>
    internal static SendOutcome Judge(IReadOnlyDictionary<string, string> metadata, ReadOnlyMemory<byte> body, DateTimeOffset now)
    {
        if (!int.TryParse(metadata.GetValueOrDefault("statusCode"), CultureInfo.InvariantCulture, out var status) || status is >= 200 and < 300)
            return new SendOutcome.Sent();
        var words = Words(body.Span);
        var said = words.Length > 0 ? $"{status}: {words}" : $"{status}";
        return status is >= 300 and < 500 and not (408 or 425 or 429)
            ? new SendOutcome.Refused(said)
            : new SendOutcome.Failed(said, RetryAfter(metadata, now));
    }

    private static DateTimeOffset? RetryAfter(IReadOnlyDictionary<string, string> metadata, DateTimeOffset now)
    {
        var text = metadata.FirstOrDefault(m => m.Key.Equals("Retry-After", StringComparison.OrdinalIgnoreCase)).Value;
        if (text is null || !RetryConditionHeaderValue.TryParse(text, out var wanted))
            return null;
        return wanted.Date ?? now + wanted.Delta;
    }

    private static string Words(ReadOnlySpan<byte> body)
    {
        var text = string.Concat(Encoding.UTF8.GetString(body[..Math.Min(body.Length, MaxWords)]).Where(c => !char.IsControl(c))).Trim();
        return text;
    }
}
