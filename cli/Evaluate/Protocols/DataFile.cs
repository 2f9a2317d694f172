using System.Globalization;
using System.IO.Compression;

namespace Dapr.Anomaly.Cli.Evaluate.Protocols;

/// <summary>Comma-separated files, plain or gzipped. Every complaint names the file and the line.</summary>
internal static class DataFile
{
    /// <summary>Cells of all lines; quotes around a cell are taken off.</summary>
    /// <exception cref="UserException">The file is not there or holds nothing.</exception>
    public static List<string[]> Cells(string path)
    {
        if (!File.Exists(path))
            throw Wrong(path, "is not there");
        using var file = File.OpenRead(path);
        using var text = new StreamReader(path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file);
        List<string[]> rows = [];
        while (text.ReadLine() is { } line)
            if (line.Length > 0)
                rows.Add(Array.ConvertAll(line.Split(','), cell => cell.Trim('"')));
        return rows.Count > 0 ? rows : throw Wrong(path, "is empty");
    }

    /// <summary>The columns of a file of numbers; blank cells are NaN.</summary>
    /// <param name="header">Whether the first line names the columns; without, they are called m1, m2, …</param>
    public static (string[] Names, double[][] Columns) Numbers(string path, bool header)
    {
        var rows = Cells(path);
        string[] names = header ? rows[0] : [.. rows[0].Select((_, i) => $"m{i + 1}")];
        var first = header ? 1 : 0;
        var columns = Array.ConvertAll(names, _ => new double[rows.Count - first]);
        for (var r = first; r < rows.Count; r++)
        {
            if (rows[r].Length != names.Length)
                throw Wrong(path, $"line {r + 1} has {rows[r].Length} cells, the first line {names.Length}");
            for (var c = 0; c < names.Length; c++)
                columns[c][r - first] = Number(path, r + 1, rows[r][c]);
        }
        return (names, columns);
    }

    /// <summary>One 0 or 1 a line.</summary>
    public static bool[] Labels(string path, bool header) => Array.ConvertAll(Numbers(path, header).Columns[0], v => v != 0);

    public static double Number(string path, int line, string cell) =>
        cell.Length == 0 ? double.NaN
        : double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value
        : throw Wrong(path, $"line {line}: \"{cell}\" is not a number");

    public static DateTimeOffset Time(string path, int line, string cell) =>
        DateTimeOffset.TryParse(cell, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : throw Wrong(path, $"line {line}: \"{cell}\" is not a time");

    public static UserException Wrong(string path, string what) => new($"{path}: {what}", ExitCodes.BadConfiguration);
}
