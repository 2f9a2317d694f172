using System.Reflection;

namespace Dapr.Anomaly.Services.Tests.Support;

/// <summary>Where the sources are that these tests were built from.</summary>
internal static class RepositoryRoot
{
    public static readonly string Path = typeof(RepositoryRoot)
        .Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(a => a.Key == "RepositoryRoot")
        .Value!;
}
