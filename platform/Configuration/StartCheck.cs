using Dapr.Anomaly.Platform.Prometheus;

namespace Dapr.Anomaly.Platform.Configuration;

/// <summary>What must hold before the system starts: <c>anomaly up</c> refuses to start without it, <c>anomaly doctor</c> reports it.</summary>
public static class StartCheck
{
    /// <summary>Checks the routes against the folder of the components, then the server, then each own query as the collector will ask it.</summary>
    /// <exception cref="ConfigurationException">A route is no binding.</exception>
    /// <exception cref="PrometheusException">The server does not answer, or refuses a query; the message names the query's place in the
    /// file.</exception>
    public static async Task RunAsync(
        AnomalyConfiguration configuration,
        string componentsFolder,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        if (RouteCheck.Check(configuration.Alerts, componentsFolder) is { Count: > 0 } errors)
            throw new ConfigurationException(errors);
        var reader = configuration.Reader;
        using var client = new PrometheusClient(reader.Prometheus, time);
        await client.ReadyAsync(cancellationToken);
        foreach (var query in reader.Queries)
            await QueryCheck.AskAsync(client, query.Query, reader.Step, time.GetUtcNow(), cancellationToken);
    }
}
