using System.Text.Json;

namespace Dapr.Embedded.PubSub.Routing.Cel;

/// <summary>Comparison, arithmetic and membership; int and double compare by value, as CEL does for dynamic values.</summary>
internal static class CelOperators
{
    public static object? Apply(string op, object? left, object? right) =>
        op switch
        {
            "==" => AreEqual(left, right),
            "!=" => !AreEqual(left, right),
            "in" => Contains(right, left),
            "<" or "<=" or ">" or ">=" => Order(op, left, right),
            _ => Calculate(op, left, right),
        };

    public static bool AreEqual(object? left, object? right) =>
        (left, right) switch
        {
            (null, null) => true,
            (long a, long b) => a == b,
            (double or long, double or long) => ToDouble(left).Equals(ToDouble(right)),
            (string a, string b) => a == b,
            (bool a, bool b) => a == b,
            (JsonElement a, JsonElement b) => JsonElement.DeepEquals(a, b),
            _ when CelValue.IsMap(left) && CelValue.IsMap(right) => SameMap(left, right),
            _ when CelValue.IsMap(left) || CelValue.IsMap(right) => false,
            _ => CelValue.Elements(left) is { } a && CelValue.Elements(right) is { } b && SameList(a.ToList(), b.ToList()),
        };

    private static bool SameList(List<object?> left, List<object?> right) =>
        left.Count == right.Count && left.Zip(right).All(p => AreEqual(p.First, p.Second));

    private static bool SameMap(object? left, object? right)
    {
        var keys = CelValue.Elements(left)!.Cast<string>().ToList();
        return keys.Count == CelValue.Elements(right)!.Count()
            && keys.All(k => CelValue.Field(right, k) is not CelError && AreEqual(CelValue.Field(left, k), CelValue.Field(right, k)));
    }

    private static object? Contains(object? container, object? element) =>
        CelValue.Elements(container) is { } elements
            ? elements.Any(e => AreEqual(e, element))
            : new CelError($"no such overload: {CelValue.TypeName(element)} in {CelValue.TypeName(container)}");

    private static object? Order(string op, object? left, object? right)
    {
        int order;
        switch (left, right)
        {
            case (long a, long b):
                order = a.CompareTo(b);
                break;
            case (double or long, double or long):
                var (x, y) = (ToDouble(left), ToDouble(right));
                if (double.IsNaN(x) || double.IsNaN(y))
                    return false;
                order = x.CompareTo(y);
                break;
            case (string a, string b):
                order = string.CompareOrdinal(a, b);
                break;
            case (bool a, bool b):
                order = a.CompareTo(b);
                break;
            default:
                return new CelError($"no such overload: {CelValue.TypeName(left)} {op} {CelValue.TypeName(right)}");
        }
        return op switch
        {
            "<" => order < 0,
            "<=" => order <= 0,
            ">" => order > 0,
            _ => order >= 0,
        };
    }

    private static object? Calculate(string op, object? left, object? right) =>
        (op, left, right) switch
        {
            ("+", string a, string b) => a + b,
            (_, long a, long b) => Whole(op, a, b),
            ("+", double or long, double or long) => ToDouble(left) + ToDouble(right),
            ("-", double or long, double or long) => ToDouble(left) - ToDouble(right),
            ("*", double or long, double or long) => ToDouble(left) * ToDouble(right),
            ("/", double or long, double or long) => ToDouble(left) / ToDouble(right),
            ("+", _, _) when !CelValue.IsMap(left) && CelValue.Elements(left) is { } a && CelValue.Elements(right) is { } b => a.Concat(b).ToList(),
            _ => new CelError($"no such overload: {CelValue.TypeName(left)} {op} {CelValue.TypeName(right)}"),
        };

    private static object Whole(string op, long left, long right)
    {
        if (right == 0 && op is "/" or "%")
            return new CelError(op == "/" ? "division by zero" : "modulus by zero");
        var exact = op switch
        {
            "+" => (Int128)left + right,
            "-" => (Int128)left - right,
            "*" => (Int128)left * right,
            "/" => (Int128)left / right,
            _ => (Int128)left % right,
        };
        return exact > long.MaxValue || exact < long.MinValue ? new CelError("integer overflow") : (long)exact;
    }

    private static double ToDouble(object? value) => value is long whole ? whole : (double)value!;
}
