namespace Dapr.Anomaly.Core.Detection.Forest;

/// <summary>
/// One isolation tree as arrays, one entry a node in preorder (root 0, children after their parent). Branch: <c>x[feature] ≤ threshold</c> goes left,
/// anything else right.
/// </summary>
/// <param name="Feature">Feature of a branch, −1 for a leaf.</param>
/// <param name="Threshold">Threshold of a branch; 0 for a leaf.</param>
/// <param name="Left">Left child; 0 for a leaf.</param>
/// <param name="Right">Right child; 0 for a leaf.</param>
/// <param name="Rows">Training rows that reached the node.</param>
internal sealed record IsolationTree(int[] Feature, float[] Threshold, int[] Left, int[] Right, int[] Rows)
{
    internal int Count => Feature.Length;

    internal bool IsLeaf(int node) => Feature[node] < 0;

    internal int Next(int node, ReadOnlySpan<float> row) => row[Feature[node]] <= Threshold[node] ? Left[node] : Right[node];
}
