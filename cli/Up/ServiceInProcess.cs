using Dapr.Anomaly.Cli.Processes;

namespace Dapr.Anomaly.Cli.Up;

/// <summary>A service in this process. It ends when its host stops, as it does when a background task of it fails.</summary>
internal sealed class ServiceInProcess : IRunningPart
{
    private readonly WebApplication _app;
    private readonly TaskCompletionSource<string?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServiceInProcess(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.First());

    public Task<string?> Ended => _ended.Task;

    public static async Task<ServiceInProcess> StartAsync(WebApplication app, CancellationToken cancellationToken)
    {
        var service = new ServiceInProcess(app);
        app.Lifetime.ApplicationStopping.Register(() => service._ended.TrySetResult("stopped by itself (its log says why)"));
        try
        {
            await app.StartAsync(cancellationToken);
            return service;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _ended.TrySetResult("stopped");
    }
}
