using System.Text.Json;
using Dapr.Anomaly.Core.Evaluation;

namespace Dapr.Anomaly.Cli.Evaluate.Protocols;

/// <summary>A file of the Numenta benchmark.</summary>
/// <param name="Windows">Anomaly windows as their times are written, first and last row included.</param>
internal sealed record NabSeries(
    string Name,
    string[] TimeTexts,
    DateTimeOffset[] Times,
    double[] Values,
    IReadOnlyList<(string First, string Last)> Windows
)
{
    /// <summary>The windows by rows. Of rows with equal times the first counts, as in the benchmark.</summary>
    public List<LabelledEvent> WindowRows() =>
        [.. Windows.Select(w => new LabelledEvent(Array.IndexOf(TimeTexts, w.First), Array.IndexOf(TimeTexts, w.Last)))];
}

/// <summary>Reads the folder of numenta/NAB: <c>data/</c> and <c>labels/combined_windows.json</c>.</summary>
internal static class NabCorpus
{
    /// <summary>The times of labels have fractions of a second, those of data have not.</summary>
    private const int TimeLength = 19;

    /// <summary>Names of all labelled files with their windows.</summary>
    public static IReadOnlyDictionary<string, (string First, string Last)[]> Windows(string folder)
    {
        var path = Path.Combine(folder, "labels", "combined_windows.json");
        if (!File.Exists(path))
            throw DataFile.Wrong(path, "is not there");
        try
        {
            var windows = JsonSerializer.Deserialize<Dictionary<string, string[][]>>(File.ReadAllBytes(path))!;
            foreach (var (name, pairs) in windows)
                if (pairs.Any(p => p.Length != 2 || p.Any(t => t.Length < TimeLength)))
                    throw DataFile.Wrong(path, $"a window of {name} is not a pair of times");
            return windows.ToDictionary(w => w.Key, w => Array.ConvertAll(w.Value, p => (p[0][..TimeLength], p[1][..TimeLength])));
        }
        catch (JsonException e)
        {
            throw DataFile.Wrong(path, e.Message);
        }
    }

    public static NabSeries Read(string folder, string name, (string First, string Last)[] windows)
    {
        var path = Path.Combine(folder, "data", name);
        var rows = DataFile.Cells(path);
        string[] texts = [.. rows.Skip(1).Select(r => r[0])];
        foreach (var (first, last) in windows)
            if (!texts.Contains(first) || !texts.Contains(last))
                throw DataFile.Wrong(path, $"has no rows at {first} and {last}, as combined_windows.json says");
        return new(
            name,
            texts,
            [.. texts.Select((t, i) => DataFile.Time(path, i + 2, t))],
            [
                .. rows.Skip(1)
                    .Select((r, i) => r.Length == 2 ? DataFile.Number(path, i + 2, r[1]) : throw DataFile.Wrong(path, $"line {i + 2}: not 2 cells")),
            ],
            windows
        );
    }
}
