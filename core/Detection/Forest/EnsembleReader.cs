using Dapr.Anomaly.Core.Models.Onnx.Wire;

namespace Dapr.Anomaly.Core.Detection.Forest;

/// <summary>Turns the node attributes into trees, refusing what is not a tree.</summary>
internal sealed class EnsembleReader(NodeProto node, int featureCount, int subsample)
{
    private const double WeightTolerance = 1e-4;
    private const int DeepestTree = 12;

    private readonly long[] _tree = Ints(node, "nodes_treeids");
    private readonly long[] _id = Ints(node, "nodes_nodeids");
    private readonly long[] _feature = Ints(node, "nodes_featureids");
    private readonly long[] _left = Ints(node, "nodes_truenodeids");
    private readonly long[] _right = Ints(node, "nodes_falsenodeids");
    private readonly float[] _threshold = [.. Attribute(node, "nodes_values").Floats];
    private readonly bool[] _branch = [.. Attribute(node, "nodes_modes").Strings.Select(m => m.ToStringUtf8() == "BRANCH_LEQ")];
    private readonly double[] _averages = [.. Enumerable.Range(0, subsample + 1).Select(PathLength.Average)];

    internal IReadOnlyList<IsolationTree> Trees()
    {
        var count = _tree.Length;
        if (
            count == 0
            || _id.Length != count
            || _feature.Length != count
            || _left.Length != count
            || _right.Length != count
            || _threshold.Length != count
            || _branch.Length != count
        )
            throw new InvalidDataException("the forest's node attributes differ in length");
        var weights = Weights();
        var trees = new List<IsolationTree>();
        for (var first = 0; first < count; )
        {
            var end = first;
            while (end < count && _tree[end] == trees.Count)
                end++;
            if (end == first)
                throw new InvalidDataException($"node {first} of the forest belongs to tree {_tree[first]}; trees must follow one another from 0");
            trees.Add(Tree(first, end - first, trees.Count, weights));
            first = end;
        }
        return trees;
    }

    private Dictionary<(long Tree, long Node), float> Weights()
    {
        var trees = Ints(node, "target_treeids");
        var nodes = Ints(node, "target_nodeids");
        var weights = Attribute(node, "target_weights").Floats;
        if (trees.Length != nodes.Length || trees.Length != weights.Count)
            throw new InvalidDataException("the forest's target attributes differ in length");
        var byLeaf = new Dictionary<(long, long), float>();
        for (var i = 0; i < trees.Length; i++)
            byLeaf[(trees[i], nodes[i])] = weights[i];
        return byLeaf;
    }

    private IsolationTree Tree(int first, int count, int number, Dictionary<(long, long), float> weights)
    {
        var tree = new IsolationTree(new int[count], new float[count], new int[count], new int[count], new int[count]);
        var parents = new int[count];
        for (var i = 0; i < count; i++)
        {
            var at = first + i;
            if (_id[at] != i)
                throw Unsound(number, i, $"has the id {_id[at]}");
            tree.Feature[i] = -1;
            if (!_branch[at])
                continue;
            if (_feature[at] < 0 || _feature[at] >= featureCount || !float.IsFinite(_threshold[at]))
                throw Unsound(number, i, FormattableString.Invariant($"splits feature {_feature[at]} at {_threshold[at]}"));
            if (
                _left[at] <= i
                || _left[at] >= count
                || _right[at] <= i
                || _right[at] >= count
                || ++parents[_left[at]] > 1
                || ++parents[_right[at]] > 1
            )
                throw Unsound(number, i, $"has the children {_left[at]} and {_right[at]}");
            (tree.Feature[i], tree.Threshold[i]) = ((int)_feature[at], _threshold[at]);
            (tree.Left[i], tree.Right[i]) = ((int)_left[at], (int)_right[at]);
        }
        if (parents.AsSpan(1).Contains(0))
            throw Unsound(number, parents.AsSpan(1).IndexOf(0) + 1, "has no parent");
        CountRows(tree, number, weights);
        return tree;
    }

    private void CountRows(IsolationTree tree, int number, Dictionary<(long, long), float> weights)
    {
        var depths = ForestOnnx.Depths(tree);
        for (var i = tree.Count - 1; i >= 0; i--)
        {
            if (depths[i] > DeepestTree)
                throw Unsound(number, i, $"is {depths[i]} deep; at most {DeepestTree} is allowed");
            if (!tree.IsLeaf(i))
                tree.Rows[i] = tree.Rows[tree.Left[i]] + tree.Rows[tree.Right[i]];
            else if (weights.TryGetValue((number, i), out var weight))
                tree.Rows[i] =
                    RowsOf(weight - depths[i])
                    ?? throw Unsound(number, i, FormattableString.Invariant($"has the weight {weight}, which is not depth + c(n) of any n"));
            else
                throw Unsound(number, i, "is a leaf without a weight");
        }
        if (tree.Rows[0] != subsample)
            throw Unsound(number, 0, $"holds {tree.Rows[0]} rows; anomaly.subsample is {subsample}");
    }

    private int? RowsOf(double average)
    {
        if (Math.Abs(average) <= WeightTolerance)
            return 1;
        var at = Array.BinarySearch(_averages, 1, subsample, average);
        at = at >= 0 ? at : ~at;
        for (var rows = Math.Max(2, at - 1); rows <= Math.Min(subsample, at); rows++)
            if (Math.Abs(_averages[rows] - average) <= WeightTolerance)
                return rows;
        return null;
    }

    private static InvalidDataException Unsound(int tree, int node, string what) => new($"tree {tree} of the forest: node {node} {what}");

    private static long[] Ints(NodeProto node, string name) => [.. Attribute(node, name).Ints];

    private static AttributeProto Attribute(NodeProto node, string name) =>
        node.Attribute.FirstOrDefault(a => a.Name == name) ?? throw new InvalidDataException($"the forest's {node.OpType} has no attribute {name}");
}
