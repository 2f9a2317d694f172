using System.Text.RegularExpressions;

namespace EmbeddedDapr.Tests.Architecture;

public partial class DocumentedDefectTests
{
    [Fact]
    public void Each_defect_in_the_documentation_names_a_test_that_exists()
    {
        var tests = typeof(DocumentedDefectTests)
            .Assembly.GetTypes()
            .SelectMany(type => type.GetMethods())
            .Where(method => method.GetCustomAttributes(typeof(FactAttribute), inherit: true).Length > 0)
            .Select(method => method.Name)
            .ToHashSet(StringComparer.Ordinal);
        var rows = File.ReadLines(Path.Combine(Root(), "docs", "embedded-dapr.md"))
            .SkipWhile(line => !line.StartsWith("## Defects of daprd", StringComparison.Ordinal))
            .Skip(1)
            .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.EndsWith("| Test |", StringComparison.Ordinal))
            .ToList();
        Assert.True(rows.Count >= 25, $"{rows.Count} rows");
        foreach (var row in rows)
        {
            var named = Names().Matches(row.Split('|')[^2]).Select(match => match.Groups[1].Value).ToList();
            Assert.True(named.Count > 0, $"no test is named: {row}");
            Assert.All(named, name => Assert.Contains(name, tests));
        }
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Dapr.Anomaly.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new FileNotFoundException("Dapr.Anomaly.sln above the test's folder");
        return folder;
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Names();
}
