namespace Dapr.Anomaly.Core.Evaluation;

/// <summary>One file of the corpus.</summary>
/// <param name="Windows">Anomaly windows by the indexes of their rows, in time order; all of them, also those within the probation.</param>
/// <param name="Scores">One a row, higher is more anomalous.</param>
public sealed record NabFile(string Name, IReadOnlyList<LabelledEvent> Windows, double[] Scores)
{
    /// <summary>First row that counts: after 15 % of the file, at most 750 rows.</summary>
    public int Probation => (int)Math.Min(Math.Floor(0.15 * Scores.Length), 750);
}

/// <summary>A total of the scoreboard.</summary>
/// <param name="Threshold">Rows at or above it are active; infinite where the best is to say nothing.</param>
/// <param name="Raw">Sum over the files.</param>
/// <param name="Normalised">0 for a detector that says nothing, 100 for one that finds the first row of every window; may be negative.</param>
public readonly record struct NabTotal(double Threshold, double Raw, double Normalised);

/// <summary>
/// The score of the Numenta Anomaly Benchmark: each window pays for its best active row, the earlier the more; each active row outside costs, the
/// farther behind a window the more. One threshold for all files.
/// </summary>
/// <remarks>Lavin and Ahmad, "Evaluating real-time anomaly detection algorithms", ICMLA 2015; numenta/NAB ea702d7.</remarks>
public sealed class NabScore(NabProfile profile)
{
    private static readonly double First = Sigmoid(-1);

    /// <summary>The raw score of one file.</summary>
    public double Of(NabFile file, double threshold)
    {
        var windows = Counted(file);
        var best = new double[windows.Count];
        Array.Fill(best, -profile.Missed);
        var score = 0.0;
        foreach (var row in Rows(file, windows))
            if (file.Scores[row.Index] >= threshold)
            {
                if (row.Window < 0)
                    score += row.Value;
                else
                    best[row.Window] = Math.Max(best[row.Window], row.Value);
            }
        return score + best.Sum();
    }

    /// <summary>The total at a threshold that was fixed beforehand.</summary>
    public NabTotal Of(IReadOnlyList<NabFile> files, double threshold) => Total(files, threshold, files.Sum(f => Of(f, threshold)));

    /// <summary>
    /// The total as the scoreboard gives it, at the one threshold that is best for the whole corpus: an oracle, since it is chosen with the labels.
    /// Of equal totals the highest threshold.
    /// </summary>
    public NabTotal Best(IReadOnlyList<NabFile> files)
    {
        List<(double Score, int File, NabRow Row)> rows = [];
        List<double[]> best = [];
        var raw = 0.0;
        for (var f = 0; f < files.Count; f++)
        {
            var windows = Counted(files[f]);
            best.Add(new double[windows.Count]);
            Array.Fill(best[f], -profile.Missed);
            raw -= profile.Missed * windows.Count;
            foreach (var row in Rows(files[f], windows))
                rows.Add((files[f].Scores[row.Index], f, row));
        }
        rows.Sort(static (a, b) => b.Score.CompareTo(a.Score));
        var (threshold, highest) = (double.PositiveInfinity, raw);
        for (var i = 0; i < rows.Count; i++)
        {
            var (score, file, row) = rows[i];
            if (row.Window < 0)
                raw += row.Value;
            else if (row.Value > best[file][row.Window])
            {
                raw += row.Value - best[file][row.Window];
                best[file][row.Window] = row.Value;
            }
            if ((i + 1 == rows.Count || rows[i + 1].Score != score) && raw > highest + 1e-9)
                (threshold, highest) = (score, raw);
        }
        return Of(files, threshold);
    }

    private NabTotal Total(IReadOnlyList<NabFile> files, double threshold, double raw)
    {
        // As the scoreboard: by all windows of the corpus, counted or not.
        var windows = files.Sum(f => f.Windows.Count);
        var nothing = -windows * profile.Missed;
        return new(threshold, raw, 100 * (raw - nothing) / (windows * profile.Found - nothing));
    }

    /// <summary>Windows with a row after the probation.</summary>
    private static List<LabelledEvent> Counted(NabFile file)
    {
        var probation = file.Probation;
        return [.. file.Windows.Where(w => w.Last >= probation)];
    }

    private IEnumerable<NabRow> Rows(NabFile file, List<LabelledEvent> windows)
    {
        var next = 0;
        for (var i = file.Probation; i < file.Scores.Length; i++)
        {
            while (next < windows.Count && windows[next].Last < i)
                next++;
            if (next < windows.Count && i >= windows[next].First)
            {
                var (first, last) = windows[next];
                yield return new(i, next, profile.Found * Sigmoid(-(last - i + 1.0) / (last - first + 1)) / First);
                continue;
            }
            // The window before, also one that lies within the probation.
            LabelledEvent? before = null;
            foreach (var window in file.Windows)
                if (window.Last < i)
                    before = window;
            var value = before is { } b ? Sigmoid((i - b.Last) / (double)(b.Last - b.First)) : -1;
            yield return new(i, -1, profile.False * value);
        }
    }

    private static double Sigmoid(double u) => u > 3 ? -1 : 2 / (1 + Math.Exp(5 * u)) - 1;

    /// <summary>A row that counts. Window is -1 outside of all.</summary>
    private readonly record struct NabRow(int Index, int Window, double Value);
}
