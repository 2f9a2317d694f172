using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Dapr.Anomaly.Core.Detection.Forest;

/// <summary>
/// The trees padded to perfect heaps: node i has children 2i + 1 and 2i + 2, early leaves go on with a threshold of +∞ down the left spine. A step is
/// then free of branches; feature and threshold share a cache line, and four trees at once hide the latency of the loads.
/// </summary>
internal sealed class PaddedTrees
{
    private readonly Node[] _nodes;
    private readonly float[] _paths;
    private readonly int _trees,
        _depth,
        _innerNodes,
        _leaves;

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
    /// <param name="row">At least as many values as the forest has features: the loads are not checked again.</param>
    internal float PathSum(ReadOnlySpan<float> row)
    {
        ref var x = ref MemoryMarshal.GetReference(row);
        ref var nodes = ref MemoryMarshal.GetArrayDataReference(_nodes);
        ref var paths = ref MemoryMarshal.GetArrayDataReference(_paths);
        float sum = 0;
        var k = 0;
        for (; k + 4 <= _trees; k += 4)
        {
            ref var second = ref Unsafe.Add(ref nodes, _innerNodes);
            ref var third = ref Unsafe.Add(ref nodes, 2 * _innerNodes);
            ref var fourth = ref Unsafe.Add(ref nodes, 3 * _innerNodes);
            nint a = 0,
                b = 0,
                c = 0,
                d = 0;
            for (var level = 0; level < _depth; level++)
            {
                a = Step(ref Unsafe.Add(ref nodes, a), ref x, a);
                b = Step(ref Unsafe.Add(ref second, b), ref x, b);
                c = Step(ref Unsafe.Add(ref third, c), ref x, c);
                d = Step(ref Unsafe.Add(ref fourth, d), ref x, d);
            }
            sum +=
                Unsafe.Add(ref paths, a - _innerNodes)
                + Unsafe.Add(ref paths, b - _innerNodes + _leaves)
                + Unsafe.Add(ref paths, c - _innerNodes + 2 * _leaves)
                + Unsafe.Add(ref paths, d - _innerNodes + 3 * _leaves);
            paths = ref Unsafe.Add(ref paths, 4 * _leaves);
            nodes = ref Unsafe.Add(ref nodes, 4 * _innerNodes);
        }
        for (; k < _trees; k++)
        {
            nint i = 0;
            for (var level = 0; level < _depth; level++)
                i = Step(ref Unsafe.Add(ref nodes, i), ref x, i);
            sum += Unsafe.Add(ref paths, i - _innerNodes);
            nodes = ref Unsafe.Add(ref nodes, _innerNodes);
            paths = ref Unsafe.Add(ref paths, _leaves);
        }
        return sum;
    }

    /// <summary>Child 2i + 1 or 2i + 2, from the comparison's bit: a branch would be mispredicted every other time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nint Step(ref Node node, ref float x, nint i)
    {
        var left = Unsafe.Add(ref x, node.Feature) <= node.Threshold;
        return 2 * i + 2 - Unsafe.As<bool, byte>(ref left);
    }

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
        _nodes[k * _innerNodes + slot] = leaf ? new Node(0, float.PositiveInfinity) : new Node(tree.Feature[node], tree.Threshold[node]);
        Place(tree, leaf ? node : tree.Left[node], k, 2 * slot + 1, level + 1, leaf ? leafDepth : leafDepth + 1);
        // A NaN in feature 0 turns right even at +∞, so the right side of a padded leaf is the same leaf.
        Place(tree, leaf ? node : tree.Right[node], k, 2 * slot + 2, level + 1, leaf ? leafDepth : leafDepth + 1);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Node(int feature, float threshold)
    {
        internal readonly int Feature = feature;
        internal readonly float Threshold = threshold;
    }
}
