using System.Text.RegularExpressions;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Simulator.PromQl;

internal enum ValueType
{
    Scalar,
    Vector,
    Matrix,
    String,
}

/// <summary>A node of the syntax tree.</summary>
internal abstract record Node(ValueType Type, int Position);

internal sealed record NumberNode(double Value, int Position) : Node(ValueType.Scalar, Position);

internal sealed record StringNode(string Value, int Position) : Node(ValueType.String, Position);

internal sealed record SelectorNode(IReadOnlyList<Matcher> Matchers, long OffsetMs, long? AtMs, int Position) : Node(ValueType.Vector, Position);

internal sealed record MatrixNode(SelectorNode Selector, long RangeMs, int Position) : Node(ValueType.Matrix, Position);

internal sealed record NegateNode(Node Operand, int Position) : Node(Operand.Type, Position);

internal sealed record CallNode(string Function, IReadOnlyList<Node> Arguments, ValueType Type, int Position) : Node(Type, Position);

internal sealed record AggregateNode(string Operator, Node? Parameter, Node Operand, bool Without, IReadOnlyList<string> Labels, int Position)
    : Node(ValueType.Vector, Position);

internal sealed record BinaryNode(string Operator, Node Left, Node Right, bool ReturnsBool, Matching Matching, ValueType Type, int Position)
    : Node(Type, Position);

internal enum Grouping
{
    OneToOne,
    ManyToOne,
    OneToMany,
}

/// <summary>How the sides of a binary operation find each other.</summary>
internal sealed record Matching(bool On, IReadOnlyList<string> Labels, Grouping Grouping, IReadOnlyList<string> Include)
{
    public static readonly Matching Default = new(false, [], Grouping.OneToOne, []);
}

/// <summary>One label condition of a selector; regular expressions are anchored, as in Prometheus.</summary>
internal sealed record Matcher(string Label, string Operator, string Value)
{
    private readonly Regex? _regex = Operator is "=~" or "!~"
        ? new Regex($"^(?:{Value})$", RegexOptions.CultureInvariant | RegexOptions.Singleline)
        : null;

    public bool Matches(Labels labels) => MatchesValue(labels[Label]);

    public bool MatchesValue(string value) =>
        Operator switch
        {
            "=" => value == Value,
            "!=" => value != Value,
            "=~" => _regex!.IsMatch(value),
            _ => !_regex!.IsMatch(value),
        };
}
