using System.Runtime.InteropServices;

namespace Dapr.Anomaly.Core.Detection.Forest;

/// <summary>
/// The trees padded to perfect heaps: node i has children 2i + 1 and 2i + 2, early leaves go on with a threshold of +∞ down the left spine. A step is then free of branches;
/// feature and threshold share a cache line, and four trees at once hide the latency of the loads.
/// </summary>
internal sealed class PaddedTrees
{
    private readonly Node[] _nodes;
    private readonly float[] _paths;
    private readonly int _trees, _depth, _innerNodes, _leaves;

    internal PaddedTrees(IReadOnlyList<IsolationTree> trees)
    {
        _trees = trees.Count;
        _depth = Math.Max(1, trees.Max(tree => Depth(tree, 0)));
        _leaves = 1 << _depth;
        _innerNodes = _leaves - 1;
        _nodes = new Node[_trees * _innerNodes];
        _paths = new float[_trees * _leaves];
        for (var k = 0; k < _trees; k++)
            Place(trees[k], 0, k, 0, 0, 0);
    }

    /// <summary>Sum over the trees of depth + c(rows of the leaf). A NaN goes right, as in ONNX Runtime.</summary>
    internal float PathSum(ReadOnlySpan<float> row)
    {
        float sum = 0;
        var k = 0;
        for (; k + 4 <= _trees; k += 4)
        {
            var first = _nodes.AsSpan(k * _innerNodes, _innerNodes);
            var second = _nodes.AsSpan((k + 1) * _innerNodes, _innerNodes);
            var third = _nodes.AsSpan((k + 2) * _innerNodes, _innerNodes);
            var fourth = _nodes.AsSpan((k + 3) * _innerNodes, _innerNodes);
            int a = 0, b = 0, c = 0, d = 0;
            for (var level = 0; level < _depth; level++)
            {
                a = Step(first[a], row, a);
                b = Step(second[b], row, b);
                c = Step(third[c], row, c);
                d = Step(fourth[d], row, d);
            }
            var leaves = _paths.AsSpan(k * _leaves, 4 * _leaves);
            a -= _innerNodes;
            sum += leaves[a] + leaves[b - _innerNodes + _leaves] + leaves[c - _innerNodes + 2 * _leaves] + leaves[d - _innerNodes + 3 * _leaves];
        }
        for (; k < _trees; k++)
        {
            var nodes = _nodes.AsSpan(k * _innerNodes, _innerNodes);
            var i = 0;
            for (var level = 0; level < _depth; level++)
                i = Step(nodes[i], row, i);
            sum += _paths[k * _leaves + i - _innerNodes];
        }
        return sum;
    }

    private static int Step(Node node, ReadOnlySpan<float> row, int i) => 2 * i + (row[node.Feature] <= node.Threshold ? 1 : 2);

    private static int Depth(IsolationTree tree, int node) =>
        tree.IsLeaf(node) ? 0 : 1 + Math.Max(Depth(tree, tree.Left[node]), Depth(tree, tree.Right[node]));

    private void Place(IsolationTree tree, int node, int k, int slot, int level, int leafDepth)
    {
        var leaf = tree.IsLeaf(node);
        if (level == _depth)
        {
            _paths[k * _leaves + slot - _innerNodes] = (float)(leafDepth + PathLength.Average(tree.Rows[node]));
            return;
        }
        _nodes[k * _innerNodes + slot] = leaf ? new(0, float.PositiveInfinity) : new(tree.Feature[node], tree.Threshold[node]);
        Place(tree, leaf ? node : tree.Left[node], k, 2 * slot + 1, level + 1, leaf ? leafDepth : leafDepth + 1);
        // A NaN in feature 0 turns right even at +∞, so the right side of a padded leaf is the same leaf.
        Place(tree, leaf ? node : tree.Right[node], k, 2 * slot + 2, level + 1, leaf ? leafDepth : leafDepth + 1);
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Node(int Feature, float Threshold);
}
