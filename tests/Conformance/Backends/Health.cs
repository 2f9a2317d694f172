using System.Net.Sockets;

namespace Dapr.Conformance.Tests.Backends;

/// <summary>Waits, with a deadline, for what other processes start.</summary>
internal static class Health
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static async Task WaitAsync(Uri sidecar, CancellationToken cancellationToken)
    {
        using HttpClient client = new();
        await UntilAsync(
            $"{sidecar}v1.0/healthz answers 204",
            async () =>
            {
                using var response = await client.GetAsync(new Uri(sidecar, "/v1.0/healthz"), cancellationToken);
                return (int)response.StatusCode == 204;
            },
            cancellationToken
        );
    }

    public static Task WaitForPortAsync(int port, CancellationToken cancellationToken) =>
        UntilAsync(
            $"port {port} is open",
            async () =>
            {
                using TcpClient client = new();
                await client.ConnectAsync("127.0.0.1", port, cancellationToken);
                return true;
            },
            cancellationToken
        );

    /// <summary>Waits for a condition; what it throws for want of a connection counts as "not yet".</summary>
    public static async Task UntilAsync(string what, Func<Task<bool>> isTrue, CancellationToken cancellationToken, TimeSpan? deadline = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        Exception? last = null;
        while (TimeProvider.System.GetElapsedTime(began) < (deadline ?? Deadline))
        {
            try
            {
                if (await isTrue())
                    return;
            }
            catch (Exception failure) when (failure is HttpRequestException or SocketException)
            {
                last = failure;
            }

            await Task.Delay(Pause, cancellationToken);
        }

        throw new TimeoutException($"Within {(deadline ?? Deadline).TotalSeconds:0} s it did not come true that {what}.", last);
    }
}
