using System.Net.Http.Json;
using Dapr.Anomaly.Campaigns.Tests.Processes;

namespace Dapr.Anomaly.Campaigns.Tests.PubSub;

/// <summary>
/// Publishes one message after the other to a component of a runtime that is killed meanwhile, and knows which ones were acknowledged.
/// </summary>
internal sealed class Publisher(string component, int number, HttpClient http, Func<bool> isUp, Work work)
{
    private readonly Random random = new(number);
    private volatile bool isPending;

    public string Component => component;

    /// <summary>A message is on its way and has no answer yet.</summary>
    public bool IsPending => isPending && isUp();

    /// <summary>Messages sent, answered or not.</summary>
    public int Sent { get; private set; }

    /// <summary>The runtime answered with success.</summary>
    public List<string> Acknowledged { get; } = [];

    /// <summary>The runtime was there and answered with an error, which no kill explains.</summary>
    public List<string> Refused { get; } = [];

    public async Task PublishUntilAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(random.Next(60), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!isUp())
                continue;
            var text = $"{number}-{Sent++}";
            isPending = true;
            work.Begin();
            try
            {
                using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
                using var answer = await http.PostAsJsonAsync($"/v1.0/publish/{component}/orders", text, limit.Token);
                if (answer.IsSuccessStatusCode)
                    Acknowledged.Add(text);
                else
                    Refused.Add($"{component} {text}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(limit.Token)}");
                work.Done();
            }
            catch (HttpRequestException)
            {
                // Killed before it could answer: the message may or may not be there.
            }
            isPending = false;
        }
    }

    /// <summary>The text is a message of this publisher.</summary>
    public bool HasSent(string text) => text.Split('-') is [var who, var count] && who == $"{number}" && int.TryParse(count, out var at) && at < Sent;
}
