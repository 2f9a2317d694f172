using Dapr.Anomaly.Platform.Configuration;

namespace Dapr.Anomaly.Platform.Tests.Configuration;

/// <summary>A configuration file that would fill the memory or the stack is refused with its name, line and reason.</summary>
public sealed class HostileYamlTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("yaml-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string, string> Texts =>
        new()
        {
            { Bomb(), "aliases stand for" },
            { "reader: &a [*a]\n", "no complete anchor" },
            { new string('[', 200_000), "inside each other" },
            { string.Concat(Enumerable.Repeat("{reader: ", 200_000)), "inside each other" },
            { "? {a: b}\n: c\n", "{ { a, b } }" },
        };

    [Theory]
    [MemberData(nameof(Texts))]
    public void Load_OfAHostileFile_IsRefusedInOneLine(string text, string reason)
    {
        var file = Path.Combine(_folder, "anomaly.yaml");
        File.WriteAllText(file, text);
        var result = AnomalyConfiguration.Load(file);
        Assert.False(result.IsValid);
        Assert.Contains(
            result.Errors,
            e => e.ToString().Contains(reason, StringComparison.Ordinal) && e.ToString().StartsWith(file, StringComparison.Ordinal)
        );
    }

    [Fact]
    public void RouteCheck_OfAFolderWithAHostileFile_ReadsTheOthers()
    {
        File.WriteAllText(Path.Combine(_folder, "a.yaml"), Bomb());
        File.WriteAllText(
            Path.Combine(_folder, "b.yaml"),
            "kind: Component\nmetadata: {name: slack}\nspec: {type: bindings.http, version: v1, metadata: []}\n"
        );
        Assert.Empty(RouteCheck.Check(AlertsConfiguration.Default with { Routes = ["slack"] }, _folder));
    }

    private static string Bomb() =>
        "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + string.Concat(Enumerable.Range(1, 30).Select(i => $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));
}
