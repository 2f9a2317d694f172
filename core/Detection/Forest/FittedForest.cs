namespace Dapr.Anomaly.Core.Detection.Forest;

/// <summary>A grown isolation forest. Immutable; may be used from many threads at once.</summary>
public sealed class FittedForest
{
    private readonly PaddedTrees _padded;
    private readonly double _normal;

    internal FittedForest(IReadOnlyList<IsolationTree> trees, int featureCount, int subsample, ulong seed)
    {
        (Trees, FeatureCount, Subsample, Seed) = (trees, featureCount, subsample, seed);
        _padded = new(trees);
        _normal = PathLength.Average(subsample);
    }

    public int FeatureCount { get; }

    public int TreeCount => Trees.Count;

    /// <summary>Rows that each tree was grown from (ψ).</summary>
    public int Subsample { get; }

    public ulong Seed { get; }

    internal IReadOnlyList<IsolationTree> Trees { get; }

    /// <summary>
    /// Score of one row, 2^(−mean path / c(ψ)), in (0, 1): higher is more anomalous, near 0.5 means no structure. Within 1e-6 of the ONNX form.
    /// </summary>
    /// <param name="row"><see cref="FeatureCount"/> values; impute missing ones first (NaN counts as larger than any threshold).</param>
    public double Score(ReadOnlySpan<float> row)
    {
        if (row.Length != FeatureCount)
            throw new ArgumentException($"a row of this forest has {FeatureCount} features, {row.Length} given", nameof(row));
        return Math.Pow(2, -_padded.PathSum(row) / (TreeCount * _normal));
    }

    /// <summary>Scores many rows.</summary>
    /// <param name="rows">Row-major.</param>
    /// <param name="scores">One a row.</param>
    public void Score(ReadOnlySpan<float> rows, Span<float> scores)
    {
        if (rows.Length != scores.Length * FeatureCount)
            throw new ArgumentException($"{scores.Length} scores need {scores.Length * FeatureCount} values, {rows.Length} given", nameof(rows));
        for (var i = 0; i < scores.Length; i++)
            scores[i] = (float)Score(rows.Slice(i * FeatureCount, FeatureCount));
    }

    /// <summary>
    /// Exact additive attribution: a branch of n rows whose child of m rows the row enters credits its feature with 1 + c(m) − c(n). Averaged over
    /// the trees the credits sum to mean path − c(ψ), so score = 2^(−1 − sum / c(ψ)). A negative credit shortened the path: that feature made the row
    /// anomalous.
    /// </summary>
    /// <param name="row"><see cref="FeatureCount"/> values.</param>
    /// <param name="contribution">Receives one credit a feature, in path steps.</param>
    /// <returns>The score, in double precision.</returns>
    public double Explain(ReadOnlySpan<float> row, Span<double> contribution)
    {
        if (row.Length != FeatureCount || contribution.Length != FeatureCount)
            throw new ArgumentException(
                $"a row of this forest has {FeatureCount} features; row of {row.Length}, contribution of {contribution.Length} given"
            );
        contribution.Clear();
        double paths = 0;
        foreach (var tree in Trees)
        {
            var node = 0;
            var depth = 0;
            for (; !tree.IsLeaf(node); depth++)
            {
                var next = tree.Next(node, row);
                contribution[tree.Feature[node]] += 1 + PathLength.Average(tree.Rows[next]) - PathLength.Average(tree.Rows[node]);
                node = next;
            }
            paths += depth + PathLength.Average(tree.Rows[node]);
        }
        foreach (ref var credit in contribution)
            credit /= TreeCount;
        return Math.Pow(2, -paths / TreeCount / _normal);
    }
}
