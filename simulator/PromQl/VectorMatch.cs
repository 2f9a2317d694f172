using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Simulator.PromQl;

/// <summary>Joins the two vectors of a binary operator: <c>on</c>, <c>ignoring</c>, <c>group_left</c>, <c>group_right</c>.</summary>
internal static class VectorMatch
{
    /// <summary>The labels by which the sides find each other.</summary>
    public static Labels Signature(Matching matching, Labels labels) =>
        matching.On ? LabelSets.Keep(labels, matching.Labels) : LabelSets.Drop(labels, matching.Labels);

    public static List<Column> Apply(BinaryNode node, List<Column> left, List<Column> right, int count)
    {
        var matching = node.Matching;
        // "many" drives; for group_right the sides change places and the operands are put back in order below.
        var swapped = matching.Grouping == Grouping.OneToMany;
        var (many, one) = swapped ? (right, left) : (left, right);
        var oneBySignature = one.ToLookup(c => Signature(matching, c.Labels));
        var output = new ColumnSet(count);
        var used = matching.Grouping == Grouping.OneToOne ? new Dictionary<Labels, bool[]>() : null;
        foreach (var column in many)
        {
            var signature = Signature(matching, column.Labels);
            foreach (var other in oneBySignature[signature])
            {
                double[]? target = null;
                var labels = ResultLabels(node, column.Labels, other.Labels);
                for (var i = 0; i < count; i++)
                {
                    if (Missing.Is(column.Values[i]) || Missing.Is(other.Values[i]))
                        continue;
                    RefuseSecond(oneBySignature[signature], other, i, signature, swapped);
                    if (used is not null)
                        RefuseUsed(used, signature, i, count);
                    var (a, b) = swapped ? (other.Values[i], column.Values[i]) : (column.Values[i], other.Values[i]);
                    var value = BinaryOperations.Compute(node.Operator, a, b);
                    if (BinaryOperations.IsComparison(node.Operator) && !node.ReturnsBool)
                    {
                        if (value == 0)
                            continue;
                        value = a;
                    }
                    output.Set(target ??= output[labels], i, value);
                }
            }
        }
        return output.ToList();
    }

    private static Labels ResultLabels(BinaryNode node, Labels many, Labels one)
    {
        var matching = node.Matching;
        var labels = !BinaryOperations.IsComparison(node.Operator) || node.ReturnsBool ? LabelSets.WithoutName(many) : many;
        if (matching.Grouping == Grouping.OneToOne)
            return matching.On ? LabelSets.Keep(labels, matching.Labels) : LabelSets.DropOnly(labels, matching.Labels);
        foreach (var name in matching.Include)
            labels = LabelSets.With(labels, name, one[name]);
        return labels;
    }

    private static void RefuseSecond(IEnumerable<Column> candidates, Column chosen, int step, Labels signature, bool swapped)
    {
        foreach (var candidate in candidates)
            if (!ReferenceEquals(candidate, chosen) && !Missing.Is(candidate.Values[step]))
                throw PromQlException.Execution(
                    $"found duplicate series for the match group {signature} on the {(swapped ? "left" : "right")} hand-side of the operation: "
                        + $"[{chosen.Labels}, {candidate.Labels}];many-to-many matching not allowed: matching labels must be unique on one side"
                );
    }

    private static void RefuseUsed(Dictionary<Labels, bool[]> used, Labels signature, int step, int count)
    {
        if (!used.TryGetValue(signature, out var steps))
            used.Add(signature, steps = new bool[count]);
        if (steps[step])
            throw PromQlException.Execution("multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)");
        steps[step] = true;
    }
}
