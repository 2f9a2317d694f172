using System.Text.Json.Nodes;

namespace Dapr.Conformance.Tests.Transcripts;

/// <summary>The recorded exchanges of real daprd, found through ANOMALY_DATA.</summary>
internal static class Transcript
{
    private static readonly string? Folder = Environment.GetEnvironmentVariable("ANOMALY_DATA") is { Length: > 0 } data
        ? Path.Combine(data, "daprd-transcripts")
        : null;

    private const string Sqlite = "sqlite: ";

    public const string Missing = "ANOMALY_DATA is not set: it names the folder that holds daprd-transcripts.";

    /// <summary>The lines of a file, or none without the data.</summary>
    public static IEnumerable<JsonNode> Lines(string file) =>
        Folder is null ? [] : File.ReadLines(Path.Combine(Folder, file)).Where(line => line.Length > 0).Select(line => JsonNode.Parse(line)!);

    /// <summary>
    /// The lines of the runs whose stores the suite has, by the name of their case: <c>in-memory</c>, and what <c>sqlite</c> says of state
    /// under names that begin so.
    /// </summary>
    public static ILookup<string, JsonNode> Cases(string file, Func<string, bool> ofSqlite) =>
        Lines(file)
            .Where(line => (string)line["run"]! == "in-memory" || ((string)line["run"]! == "sqlite" && ofSqlite((string)line["case"]!)))
            .ToLookup(line => (string)line["run"]! == "in-memory" ? (string)line["case"]! : Sqlite + (string)line["case"]!);

    /// <summary>The name under which daprd recorded a case.</summary>
    public static string Plain(string name) => name.StartsWith(Sqlite, StringComparison.Ordinal) ? name[Sqlite.Length..] : name;

    /// <summary>One row a case name; a single skipped row without the data.</summary>
    public static IEnumerable<TheoryDataRow<string>> Rows(IEnumerable<string> cases) =>
        Folder is null ? [new TheoryDataRow<string>("-") { Skip = Missing }] : cases.Select(each => new TheoryDataRow<string>(each));
}
