using System.Reflection;
using System.Text.Json;

namespace Dapr.Anomaly.Platform.Tests.Architecture;

/// <summary>Every project says which packages it takes, by the hash of their content and not by where they come from.</summary>
public sealed class LockFileTests
{
    private static readonly string Root = typeof(LockFileTests)
        .Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(a => a.Key == "RepositoryRoot")
        .Value!;

    public static TheoryData<string> Projects =>
        [
            .. Directory
                .EnumerateFiles(Root, "*.csproj", SearchOption.AllDirectories)
                .Where(p => !p.Contains("/bin/", StringComparison.Ordinal) && !p.Contains("/obj/", StringComparison.Ordinal))
                .Select(p => Path.GetRelativePath(Root, p)),
        ];

    [Theory]
    [MemberData(nameof(Projects))]
    public void LockFile_OfAProject_HasAHashForEachPackageAndNoAddress(string project)
    {
        var file = Path.Combine(Root, Path.GetDirectoryName(project)!, "packages.lock.json");
        Assert.True(File.Exists(file), $"{file} is missing: dotnet restore writes it");
        var text = File.ReadAllText(file);
        Assert.DoesNotContain("://", text, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(text);
        foreach (var framework in json.RootElement.GetProperty("dependencies").EnumerateObject())
        foreach (var package in framework.Value.EnumerateObject().Where(p => p.Value.GetProperty("type").GetString() != "Project"))
            Assert.True(
                package.Value.TryGetProperty("contentHash", out var hash) && Convert.FromBase64String(hash.GetString()!).Length == 64,
                $"{file}: {package.Name} has no hash"
            );
    }
}
