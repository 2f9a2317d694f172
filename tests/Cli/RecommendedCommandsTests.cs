using System.Text.RegularExpressions;

namespace Dapr.Anomaly.Cli.Tests;

/// <summary>A message recommends only what exists.</summary>
public sealed partial class RecommendedCommandsTests
{
    private static readonly string[] Rooms = ["cli", "platform", "services", "workflows", "core", "runtime", "simulator"];

    [Fact]
    public async Task Every_command_that_a_message_recommends_exists()
    {
        var root = Repository();
        var recommended = Rooms
            .SelectMany(room => Directory.EnumerateFiles(Path.Combine(root, room), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(file => Recommendation().Matches(File.ReadAllText(file)).Select(match => (File: file, Command: match.Groups[1].Value)))
            .ToList();

        Assert.Contains(recommended, r => r.Command == "train");
        foreach (var command in recommended.GroupBy(r => r.Command))
            Assert.True(
                await CommandLine.RunAsync([command.Key, "--help"]) == 0,
                $"\"anomaly {command.Key}\" does not exist and is recommended in {string.Join(", ", command.Select(c => c.File))}"
            );
    }

    /// <summary>After a colon inside a string, as messages write what to type.</summary>
    [GeneratedRegex("""(?:with|now|try|Try|or): (?:\./)?anomaly ([a-z][a-z-]*)""")]
    private static partial Regex Recommendation();

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Directory.Packages.props")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("the repository is in no folder above the tests");
    }
}
