using System.Reflection;
using System.Text.RegularExpressions;

namespace Dapr.Anomaly.Platform.Tests.Architecture;

/// <summary>What the documents link to is there.</summary>
public sealed partial class DocumentLinkTests
{
    private static readonly string Root = typeof(DocumentLinkTests)
        .Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(a => a.Key == "RepositoryRoot")
        .Value!;

    public static TheoryData<string> Documents =>
        [
            .. Directory
                .GetFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories)
                .Append(Path.Combine(Root, "README.md"))
                .Select(f => Path.GetRelativePath(Root, f)),
        ];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Links_OfADocument_LeadSomewhere(string document)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Root, document))!;
        var missing = Link()
            .Matches(File.ReadAllText(Path.Combine(Root, document)))
            .Select(m => m.Groups[1].Value.Split('#')[0])
            .Where(target => target.Length > 0 && !target.Contains("://", StringComparison.Ordinal))
            .Where(target => !Path.Exists(Path.Combine(folder, target)));
        Assert.Empty(missing);
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
