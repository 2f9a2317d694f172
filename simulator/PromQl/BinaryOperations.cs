using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Simulator.PromQl;

/// <summary>Arithmetic, comparison and set operators between scalars and vectors.</summary>
internal static class BinaryOperations
{
    public static Evaluated Apply(BinaryNode node, Evaluated left, Evaluated right, int count) =>
        (left, right) switch
        {
            ({ Scalar: { } a }, { Scalar: { } b }) => Evaluated.Of(Scalars(node, a, b)),
            ({ Scalar: { } a }, { Vector: { } b }) => Evaluated.Of(WithScalar(node, b, a, true, count)),
            ({ Vector: { } a }, { Scalar: { } b }) => Evaluated.Of(WithScalar(node, a, b, false, count)),
            ({ Vector: { } a }, { Vector: { } b }) => Evaluated.Of(
                node.Operator is "and" or "or" or "unless" ? SetOperation(node, a, b, count) : VectorMatch.Apply(node, a, b, count)
            ),
            _ => throw PromQlException.Execution("binary expression must contain only scalar and instant vector types"),
        };

    public static bool IsComparison(string op) => op is "==" or "!=" or "<" or ">" or "<=" or ">=";

    /// <summary>The value of an arithmetic operator, or 1 and 0 of a comparison.</summary>
    public static double Compute(string op, double a, double b) =>
        op switch
        {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "/" => a / b,
            "%" => a % b,
            "^" => Math.Pow(a, b),
            "atan2" => Math.Atan2(a, b),
            "==" => a == b ? 1 : 0,
            "!=" => a != b ? 1 : 0,
            "<" => a < b ? 1 : 0,
            ">" => a > b ? 1 : 0,
            "<=" => a <= b ? 1 : 0,
            ">=" => a >= b ? 1 : 0,
            _ => throw PromQlException.Execution($"unknown operator {op}"),
        };

    private static double[] Scalars(BinaryNode node, double[] a, double[] b)
    {
        var result = new double[a.Length];
        for (var i = 0; i < a.Length; i++)
            result[i] = Compute(node.Operator, a[i], b[i]);
        return result;
    }

    private static List<Column> WithScalar(BinaryNode node, List<Column> vector, double[] scalar, bool scalarIsLeft, int count)
    {
        var filters = IsComparison(node.Operator) && !node.ReturnsBool;
        var computed = vector.ConvertAll(column =>
        {
            var values = Missing.Fill(count);
            for (var i = 0; i < count; i++)
            {
                var v = column.Values[i];
                if (Missing.Is(v))
                    continue;
                var result = scalarIsLeft ? Compute(node.Operator, scalar[i], v) : Compute(node.Operator, v, scalar[i]);
                if (!filters)
                    values[i] = result;
                else if (result == 1)
                    values[i] = v;
            }
            return new Column(column.Labels, values);
        });
        return filters ? computed : ColumnSet.Relabel(computed, count, LabelSets.WithoutName);
    }

    private static List<Column> SetOperation(BinaryNode node, List<Column> left, List<Column> right, int count)
    {
        var output = new ColumnSet(count);
        if (node.Operator == "or")
        {
            var present = Presence(node.Matching, left, count);
            foreach (var column in left)
                Copy(column, null, output, count);
            foreach (var column in right)
                Copy(
                    column,
                    present.GetValueOrDefault(VectorMatch.Signature(node.Matching, column.Labels)) is { } taken ? i => !taken[i] : null,
                    output,
                    count
                );
            return output.ToList();
        }
        var others = Presence(node.Matching, right, count);
        var keepPresent = node.Operator == "and";
        foreach (var column in left)
        {
            var there = others.GetValueOrDefault(VectorMatch.Signature(node.Matching, column.Labels));
            Copy(column, i => (there is not null && there[i]) == keepPresent, output, count);
        }
        return output.ToList();
    }

    private static Dictionary<Labels, bool[]> Presence(Matching matching, List<Column> columns, int count)
    {
        var presence = new Dictionary<Labels, bool[]>();
        foreach (var column in columns)
        {
            var signature = VectorMatch.Signature(matching, column.Labels);
            if (!presence.TryGetValue(signature, out var present))
                presence.Add(signature, present = new bool[count]);
            for (var i = 0; i < count; i++)
                present[i] |= !Missing.Is(column.Values[i]);
        }
        return presence;
    }

    private static void Copy(Column column, Func<int, bool>? keep, ColumnSet output, int count)
    {
        var target = output[column.Labels];
        for (var i = 0; i < count; i++)
            if (!Missing.Is(column.Values[i]) && (keep is null || keep(i)))
                output.Set(target, i, column.Values[i]);
    }
}
