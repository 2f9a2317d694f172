using System.Threading.Channels;

namespace Dapr.Anomaly.Cli.Demo;

/// <summary>Waits for messages at the receiver, with a deadline and a reason when it passes.</summary>
public static class Expect
{
    /// <summary>Reads arrivals until each of <paramref name="receivers"/> has posted something that mentions <paramref name="workload"/>.</summary>
    /// <returns>First message of each receiver.</returns>
    public static async Task<IReadOnlyDictionary<string, ReceivedMessage>> MessagesAsync(
        ChannelReader<ReceivedMessage> arrivals,
        IReadOnlyCollection<string> receivers,
        string workload,
        TimeSpan within,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        Dictionary<string, ReceivedMessage> found = [];
        using var deadline = new CancellationTokenSource(within, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            while (found.Count < receivers.Count)
            {
                var message = await arrivals.ReadAsync(both.Token);
                if (receivers.Contains(message.Receiver) && message.Body.GetRawText().Contains(workload, StringComparison.Ordinal))
                    found.TryAdd(message.Receiver, message);
            }
            return found;
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            var missing = string.Join(" and ", receivers.Except(found.Keys));
            throw new UserException($"no message about {workload} reached {missing} within {within.TotalSeconds:0} s", ExitCodes.Failure);
        }
    }
}
