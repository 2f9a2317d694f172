using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Simulator.PromQl;

/// <summary>The label sets that operators make out of others.</summary>
internal static class LabelSets
{
    public const string Name = "__name__";

    public static Labels WithoutName(Labels labels) => labels.TryGetValue(Name, out _) ? Where(labels, static (n, _) => n != Name, 0) : labels;

    public static Labels Keep(Labels labels, IReadOnlyList<string> names) => Where(labels, static (n, names) => names.Contains(n), names);

    /// <summary>Drops the names and <c>__name__</c>.</summary>
    public static Labels Drop(Labels labels, IReadOnlyList<string> names) =>
        Where(labels, static (n, names) => n != Name && !names.Contains(n), names);

    public static Labels DropOnly(Labels labels, IReadOnlyList<string> names) => Where(labels, static (n, names) => !names.Contains(n), names);

    /// <summary>Sets a label; an empty value removes it.</summary>
    public static Labels With(Labels labels, string name, string value) =>
        new(labels.Where(l => l.Key != name).Concat(value.Length > 0 ? [new(name, value)] : Array.Empty<KeyValuePair<string, string>>()));

    private static Labels Where<T>(Labels labels, Func<string, T, bool> keep, T state) => new(labels.Where(l => keep(l.Key, state)));
}

/// <summary>Collects output columns; two inputs may share an output label set only where their steps do not overlap.</summary>
internal sealed class ColumnSet(int count)
{
    private readonly Dictionary<Labels, double[]> _columns = [];
    private readonly List<Column> _order = [];

    public double[] this[Labels labels]
    {
        get
        {
            if (!_columns.TryGetValue(labels, out var values))
            {
                _columns.Add(labels, values = Missing.Fill(count));
                _order.Add(new(labels, values));
            }
            return values;
        }
    }

    public void Set(double[] column, int step, double value)
    {
        if (!Missing.Is(column[step]))
            throw PromQlException.Execution("vector cannot contain metrics with the same labelset");
        column[step] = value;
    }

    public List<Column> ToList() => _order;

    /// <summary>Gives columns new labels, merging those that become alike.</summary>
    public static List<Column> Relabel(List<Column> columns, int count, Func<Labels, Labels> change)
    {
        var set = new ColumnSet(count);
        foreach (var column in columns)
        {
            var target = set[change(column.Labels)];
            for (var i = 0; i < count; i++)
                if (!Missing.Is(column.Values[i]))
                    set.Set(target, i, column.Values[i]);
        }
        return set.ToList();
    }
}
