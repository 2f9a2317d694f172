using System.Reflection;
using System.Text.RegularExpressions;

namespace Dapr.Anomaly.Platform.Tests.Architecture;

/// <summary>The solution lists every project of the tree, and no other.</summary>
public sealed partial class SolutionTests
{
    [Fact]
    public void Solution_OfTheTree_HasEachProjectOnce()
    {
        var root = typeof(SolutionTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "RepositoryRoot").Value!;
        var listed = Project()
            .Matches(File.ReadAllText(Path.Combine(root, "Dapr.Anomaly.sln")))
            .Select(m => m.Groups[1].Value.Replace('\\', '/'))
            .Order(StringComparer.Ordinal);
        var there = Directory
            .EnumerateFiles(root, "*.csproj", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(root, f).Replace('\\', '/'))
            .Where(f => !f.Split('/').Any(part => part is "bin" or "obj" or "artifacts" or "node_modules"))
            .Order(StringComparer.Ordinal);
        Assert.Equal(there, listed);
    }

    [GeneratedRegex("\"([^\"]+\\.csproj)\"")]
    private static partial Regex Project();
}
