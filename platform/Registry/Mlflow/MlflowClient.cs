namespace Dapr.Anomaly.Platform.Registry.Mlflow;

/// <summary>MLflow's REST API, as far as the registry needs it; seen on servers 2.22 to 3.18.</summary>
internal sealed class MlflowClient : IDisposable
{
    private readonly MlflowTransport _tracking;
    private readonly MlflowTransport _registry;

    public MlflowClient(MlflowSettings settings, TimeProvider time)
    {
        _tracking = new(settings, settings.Tracking, time);
        _registry = settings.Registry == settings.Tracking ? _tracking : new(settings, settings.Registry, time);
        Tracking = new(_tracking);
        Models = new(_tracking);
        Artifacts = new(_tracking);
        Versions = new(_registry);
    }

    public string Server => _tracking.Server;

    public MlflowTracking Tracking { get; }

    public MlflowModels Models { get; }

    public MlflowArtifacts Artifacts { get; }

    public MlflowVersions Versions { get; }

    public void Dispose()
    {
        _tracking.Dispose();
        _registry.Dispose();
    }
}
