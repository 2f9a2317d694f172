using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Simulator.PromQl;

/// <summary><c>sum by (…)</c> and its siblings.</summary>
internal static class Aggregation
{
    public static List<Column> Apply(AggregateNode node, List<Column> input, double[]? parameter, int count)
    {
        var groups = new Dictionary<Labels, List<Column>>();
        foreach (var column in input)
        {
            var key = node.Without ? LabelSets.Drop(column.Labels, node.Labels) : LabelSets.Keep(column.Labels, node.Labels);
            if (!groups.TryGetValue(key, out var members))
                groups.Add(key, members = []);
            members.Add(column);
        }
        if (node.Operator is "topk" or "bottomk")
            return [.. groups.Values.SelectMany(members => Ranked(members, parameter!, count, node.Operator == "topk"))];
        List<Column> output = [];
        foreach (var (labels, members) in groups)
        {
            var values = Missing.Fill(count);
            for (var i = 0; i < count; i++)
                values[i] = Reduce(node.Operator, members, i, parameter);
            output.Add(new(labels, values));
        }
        return output;
    }

    private static double Reduce(string op, List<Column> members, int step, double[]? parameter)
    {
        if (op == "quantile")
            return Quantile(members, step, parameter![step]);
        double n = 0,
            sum = 0,
            mean = 0,
            squares = 0,
            extreme = double.NaN;
        foreach (var member in members)
        {
            var v = member.Values[step];
            if (Missing.Is(v))
                continue;
            n++;
            sum += v;
            var delta = v - mean;
            mean += delta / n;
            squares += delta * (v - mean);
            if (double.IsNaN(extreme) || (op == "max" ? v > extreme : v < extreme))
                extreme = v;
        }
        if (n == 0)
            return Missing.Value;
        return op switch
        {
            "sum" => sum,
            "avg" => mean,
            "count" => n,
            "group" => 1,
            "stdvar" => squares / n,
            "stddev" => Math.Sqrt(squares / n),
            _ => extreme,
        };
    }

    private static double Quantile(List<Column> members, int step, double q)
    {
        double[] present = [.. members.Select(m => m.Values[step]).Where(static v => !Missing.Is(v))];
        return present.Length == 0 ? Missing.Value : Quantiles.OfValues(q, present);
    }

    private static IEnumerable<Column> Ranked(List<Column> members, double[] parameter, int count, bool largest)
    {
        var outputs = members.ConvertAll(m => new Column(m.Labels, Missing.Fill(count)));
        for (var i = 0; i < count; i++)
        {
            var keep = Enumerable.Range(0, members.Count).Where(m => !Missing.Is(members[m].Values[i]));
            var ordered = largest
                ? keep.OrderByDescending(m => members[m].Values[i])
                : keep.OrderBy(m => double.IsNaN(members[m].Values[i])).ThenBy(m => members[m].Values[i]);
            foreach (var m in ordered.Take((int)Math.Clamp(parameter[i], 0, int.MaxValue)))
                outputs[m].Values[i] = members[m].Values[i];
        }
        return outputs;
    }
}
