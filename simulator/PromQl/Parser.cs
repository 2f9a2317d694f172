using System.Globalization;
using Dapr.Anomaly.Platform.Prometheus;

namespace Dapr.Anomaly.Simulator.PromQl;

/// <summary>Recursive-descent parser of the PromQL subset: no subqueries, no native histograms.</summary>
internal sealed class Parser
{
    private static readonly string[][] Precedence =
    [
        ["or"],
        ["and", "unless"],
        ["==", "!=", "<=", ">=", "<", ">"],
        ["+", "-"],
        ["*", "/", "%", "atan2"],
    ];
    private static readonly string[] Aggregators = ["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar", "topk", "bottomk", "quantile"];

    private readonly string _text;
    private readonly List<Token> _tokens;
    private int _next;

    private Parser(string text) => (_text, _tokens) = (text, Lexer.Read(text));

    private Token Current => _tokens[_next];

    public static Node Parse(string text)
    {
        var parser = new Parser(text);
        if (parser.Current.Kind == TokenKind.End)
            throw PromQlException.Parse(text, 0, "no expression found in input");
        var node = parser.Binary(0);
        return parser.Current.Kind == TokenKind.End ? node : throw parser.Unexpected("");
    }

    private Node Binary(int level)
    {
        if (level == Precedence.Length)
            return Unary();
        var left = Binary(level + 1);
        while (Precedence[level].FirstOrDefault(IsOperator) is { } op)
        {
            var at = Take().Position;
            var returnsBool = TakeWord("bool");
            var matching = MatchingClause(op);
            var right = Binary(level + 1);
            left = Combine(op, left, right, returnsBool, matching, at);
        }
        return left;

        bool IsOperator(string op) => char.IsAsciiLetter(op[0]) ? Current.IsWord(op) : Current.Is(op);
    }

    private BinaryNode Combine(string op, Node left, Node right, bool returnsBool, Matching matching, int at)
    {
        foreach (var side in (ReadOnlySpan<Node>)[left, right])
            if (side.Type is not (ValueType.Scalar or ValueType.Vector))
                throw Error(side.Position, "binary expression must contain only scalar and instant vector types");
        var isSet = op is "and" or "or" or "unless";
        var scalars = left.Type == ValueType.Scalar && right.Type == ValueType.Scalar;
        if (isSet && (left.Type == ValueType.Scalar || right.Type == ValueType.Scalar))
            throw Error(at, $"set operator \"{op}\" not allowed in binary scalar expression");
        if (scalars && !returnsBool && op is "==" or "!=" or "<=" or ">=" or "<" or ">")
            throw Error(at, "comparisons between scalars must use BOOL modifier");
        return new(op, left, right, returnsBool, matching, scalars ? ValueType.Scalar : ValueType.Vector, at);
    }

    private Matching MatchingClause(string op)
    {
        if (!Current.IsWord("on") && !Current.IsWord("ignoring"))
            return Matching.Default;
        var on = Take().Text.Equals("on", StringComparison.OrdinalIgnoreCase);
        var labels = Names();
        var grouping =
            Current.IsWord("group_left") ? Grouping.ManyToOne
            : Current.IsWord("group_right") ? Grouping.OneToMany
            : Grouping.OneToOne;
        if (grouping == Grouping.OneToOne)
            return new(on, labels, grouping, []);
        if (op is "and" or "or" or "unless")
            throw Error(Current.Position, $"no grouping allowed for \"{op}\" operation");
        Take();
        return new(on, labels, grouping, Current.Is("(") ? Names() : []);
    }

    private Node Unary()
    {
        if (Current.Is("-") || Current.Is("+"))
        {
            var sign = Take();
            var operand = Unary();
            if (operand.Type is not (ValueType.Scalar or ValueType.Vector))
                throw Error(
                    sign.Position,
                    $"unary expression only allowed on expressions of type scalar or instant vector, got \"{TypeName(operand.Type)}\""
                );
            return sign.Text == "+" ? operand
                : operand is NumberNode number ? new NumberNode(-number.Value, sign.Position)
                : new NegateNode(operand, sign.Position);
        }
        var left = Postfix();
        if (!Current.Is("^"))
            return left;
        // Right-associative, and binds tighter than a sign before it.
        var at = Take().Position;
        var matching = MatchingClause("^");
        return Combine("^", left, Unary(), false, matching, at);
    }

    private Node Postfix()
    {
        var node = Primary();
        while (true)
        {
            if (Current.Is("["))
                node = Range(node);
            else if (Current.IsWord("offset"))
            {
                Take();
                var sign = Current.Is("-") ? -1 : 1;
                if (sign < 0)
                    Take();
                var offset = sign * Duration();
                node = OnSelector(
                    node,
                    s => s with { OffsetMs = offset },
                    "offset modifier must be preceded by an instant vector selector or range vector selector or a subquery"
                );
            }
            else if (Current.Is("@"))
            {
                Take();
                var at = (long)(Number() * 1000);
                node = OnSelector(
                    node,
                    s => s with { AtMs = at },
                    "@ modifier must be preceded by an instant vector selector or range vector selector or a subquery"
                );
            }
            else
                return node;
        }
    }

    private Node OnSelector(Node node, Func<SelectorNode, SelectorNode> change, string otherwise) =>
        node switch
        {
            SelectorNode selector => change(selector),
            MatrixNode matrix => matrix with { Selector = change(matrix.Selector) },
            _ => throw Error(node.Position, otherwise),
        };

    private MatrixNode Range(Node node)
    {
        var open = Take().Position;
        var range = Duration();
        if (Current.Is(":"))
            throw Error(open, "subqueries are not part of the simulator's PromQL");
        Expect("]", "range");
        return node is SelectorNode selector ? new(selector, range, node.Position) : throw Error(open, "ranges only allowed for vector selectors");
    }

    private Node Primary()
    {
        var token = Current;
        switch (token.Kind)
        {
            case TokenKind.Number:
                return new NumberNode(Number(), token.Position);
            case TokenKind.String:
                return new StringNode(Take().Text, token.Position);
            case TokenKind.Symbol when token.Is("("):
                Take();
                var inner = Binary(0);
                Expect(")", "");
                return inner;
            case TokenKind.Symbol when token.Is("{"):
                return Selector(null, token.Position);
            case TokenKind.Identifier:
                return Named();
            default:
                throw Unexpected("");
        }
    }

    private Node Named()
    {
        var name = Take();
        var lower = name.Text.ToLowerInvariant();
        if (lower is "inf" or "nan" && !Current.Is("{"))
            return new NumberNode(lower == "inf" ? double.PositiveInfinity : double.NaN, name.Position);
        if (Array.IndexOf(Aggregators, lower) >= 0 && (Current.Is("(") || Current.IsWord("by") || Current.IsWord("without")))
            return Aggregation(lower, name.Position);
        return Current.Is("(") ? Call(name) : Selector(name.Text, name.Position);
    }

    private CallNode Call(Token name)
    {
        if (!Functions.Signatures.TryGetValue(name.Text, out var signature))
            throw Error(name.Position, $"unknown function with name \"{name.Text}\"");
        var arguments = Arguments();
        if (arguments.Count < signature.Required || arguments.Count > signature.Parameters.Length)
            throw Error(name.Position, $"expected {signature.Parameters.Length} argument(s) in call to \"{name.Text}\", got {arguments.Count}");
        for (var i = 0; i < arguments.Count; i++)
            if (arguments[i].Type != signature.Parameters[i])
                throw Error(
                    arguments[i].Position,
                    $"expected type {TypeName(signature.Parameters[i])} in call to function \"{name.Text}\", got {TypeName(arguments[i].Type)}"
                );
        return new(name.Text, arguments, signature.Returns, name.Position);
    }

    private AggregateNode Aggregation(string op, int position)
    {
        var (without, labels) = GroupingClause();
        var arguments = Arguments();
        if (labels is null)
            (without, labels) = GroupingClause();
        var takesParameter = op is "topk" or "bottomk" or "quantile";
        if (arguments.Count != (takesParameter ? 2 : 1))
            throw Error(
                position,
                $"wrong number of arguments for aggregate expression provided, expected {(takesParameter ? 2 : 1)}, got {arguments.Count}"
            );
        if (arguments[^1].Type != ValueType.Vector)
            throw Error(arguments[^1].Position, $"expected type instant vector in aggregation expression, got {TypeName(arguments[^1].Type)}");
        if (takesParameter && arguments[0].Type != ValueType.Scalar)
            throw Error(arguments[0].Position, $"expected type scalar in aggregation parameter, got {TypeName(arguments[0].Type)}");
        return new(op, takesParameter ? arguments[0] : null, arguments[^1], without, labels ?? [], position);
    }

    private (bool Without, IReadOnlyList<string>? Labels) GroupingClause()
    {
        if (!Current.IsWord("by") && !Current.IsWord("without"))
            return (false, null);
        var without = Take().IsWord("without");
        return (without, Names());
    }

    private List<Node> Arguments()
    {
        Expect("(", "");
        List<Node> arguments = [];
        while (!Current.Is(")"))
        {
            arguments.Add(Binary(0));
            if (!Current.Is(","))
                break;
            Take();
        }
        Expect(")", "");
        return arguments;
    }

    private SelectorNode Selector(string? metric, int position)
    {
        List<Matcher> matchers = metric is null ? [] : [new("__name__", "=", metric)];
        if (Current.Is("{"))
        {
            Take();
            while (!Current.Is("}"))
            {
                var label = Current.Kind == TokenKind.Identifier ? Take().Text : throw Unexpected(" in label matching, expected identifier or \"}\"");
                var op = Current is { Kind: TokenKind.Symbol, Text: "=" or "!=" or "=~" or "!~" }
                    ? Take().Text
                    : throw Unexpected(" in label matching, expected label matching operator");
                var value = Current.Kind == TokenKind.String ? Take() : throw Unexpected(" in label matching, expected string");
                matchers.Add(NewMatcher(label, op, value));
                if (!Current.Is(","))
                    break;
                Take();
            }
            Expect("}", " in label matching");
        }
        if (!matchers.Exists(static m => !m.MatchesValue("")))
            throw Error(position, "vector selector must contain at least one non-empty matcher");
        return new(matchers, 0, null, position);
    }

    private Matcher NewMatcher(string label, string op, Token value)
    {
        try
        {
            return new(label, op, value.Text);
        }
        catch (ArgumentException e)
        {
            throw Error(value.Position, $"error parsing regexp: {e.Message}");
        }
    }

    private List<string> Names()
    {
        Expect("(", " in grouping opts");
        List<string> names = [];
        while (Current.Kind == TokenKind.Identifier)
        {
            names.Add(Take().Text);
            if (!Current.Is(","))
                break;
            Take();
        }
        Expect(")", " in grouping opts");
        return names;
    }

    private double Number()
    {
        var token = Current.Kind == TokenKind.Number ? Take() : throw Unexpected("");
        if (token.Text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            return long.Parse(token.Text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return double.TryParse(token.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw Error(token.Position, $"bad number or duration syntax: \"{token.Text}\"");
    }

    private long Duration()
    {
        var token = Current.Kind == TokenKind.Duration ? Take() : throw Unexpected(", expected duration");
        return PromDuration.TryParse(token.Text, out var duration) && duration > TimeSpan.Zero
            ? (long)duration.TotalMilliseconds
            : throw Error(token.Position, $"bad duration syntax: \"{token.Text}\"");
    }

    private Token Take() => _tokens[_next++];

    private bool TakeWord(string word)
    {
        if (!Current.IsWord(word))
            return false;
        _next++;
        return true;
    }

    private void Expect(string symbol, string where)
    {
        if (Current.Is(symbol))
            _next++;
        else if (Current.Kind == TokenKind.End && symbol == ")")
            throw Error(Current.Position, "unclosed left parenthesis");
        else
            throw Unexpected(where);
    }

    private PromQlException Unexpected(string where) => Error(Current.Position, $"unexpected {Current.Describe()}{where}");

    private PromQlException Error(int position, string what) => PromQlException.Parse(_text, position, what);

    private static string TypeName(ValueType type) =>
        type switch
        {
            ValueType.Vector => "instant vector",
            ValueType.Matrix => "range vector",
            ValueType.Scalar => "scalar",
            _ => "string",
        };
}
