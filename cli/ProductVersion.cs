using System.Reflection;

namespace Dapr.Anomaly.Cli;

/// <summary>The version that Directory.Build.props gives this build.</summary>
internal static class ProductVersion
{
    /// <summary>Major and minor, as in titles: <c>Dapr.Anomaly 0.1</c>.</summary>
    public static string Title { get; } = $"Dapr.Anomaly {Assembly.GetExecutingAssembly().GetName().Version!.ToString(2)}";
}
