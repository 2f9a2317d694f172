namespace Dapr.Anomaly.Platform.Registry;

/// <summary>How a service makes what it serves of a version's files.</summary>
public abstract class ChampionLoader<T>
    where T : class
{
    /// <summary>Must change nothing else: a version is loaded to try it, too.</summary>
    /// <exception cref="InvalidDataException">The files do not fit each other or this build.</exception>
    public abstract T Load(ModelVersion version, IReadOnlyDictionary<string, byte[]> files);

    /// <summary>Called when the version has become the one that is served.</summary>
    public virtual void Serving(ModelVersion version, T model) { }
}
