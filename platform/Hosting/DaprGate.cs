using Dapr.Client;
using Microsoft.Extensions.Logging;

namespace Dapr.Anomaly.Platform.Hosting;

/// <summary>Lets background work begin when the sidecar can carry it, and says once what it waits for.</summary>
public sealed class DaprGate(DaprClient dapr, TimeProvider time, ILogger<DaprGate> logger)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 0; !await dapr.CheckOutboundHealthAsync(cancellationToken); attempt++)
        {
            if (attempt == 50)
                logger.LogWarning("waiting for the Dapr sidecar: no answer on its health endpoint for 5 s");
            await Task.Delay(Poll, time, cancellationToken);
        }
    }
}
