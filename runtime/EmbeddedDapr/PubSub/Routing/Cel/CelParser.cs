namespace Dapr.Embedded.PubSub.Routing.Cel;

/// <summary>Recursive descent over the CEL grammar, one method for each level of precedence.</summary>
internal sealed class CelParser(string text)
{
    private const int MaxDepth = 100;
    private static readonly HashSet<string> Macros = ["all", "exists", "exists_one", "filter", "map"];

    private readonly List<CelToken> tokens = CelLexer.Split(text);
    private int at;
    private int depth;

    public CelNode ParseAll()
    {
        var root = Conditional();
        if (tokens[at].Kind != CelTokenKind.End)
            throw Unexpected();
        return root;
    }

    private CelNode Conditional()
    {
        if (++depth > MaxDepth)
            throw new FormatException($"more than {MaxDepth} levels of nesting in the expression");
        var condition = Or();
        if (Take("?"))
        {
            var then = Conditional();
            Expect(":");
            condition = new ConditionalNode(condition, then, Conditional());
        }
        depth--;
        return condition;
    }

    private CelNode Or()
    {
        var left = And();
        while (Take("||"))
            left = new LogicNode(left, And(), Decisive: true);
        return left;
    }

    private CelNode And()
    {
        var left = Relation();
        while (Take("&&"))
            left = new LogicNode(left, Relation(), Decisive: false);
        return left;
    }

    private CelNode Relation()
    {
        var left = Sum();
        while (TakeAny("==", "!=", "<", "<=", ">", ">=") is { } op || TakeName("in", out op))
            left = new BinaryNode(op, left, Sum());
        return left;
    }

    private CelNode Sum()
    {
        var left = Product();
        while (TakeAny("+", "-") is { } op)
            left = new BinaryNode(op, left, Product());
        return left;
    }

    private CelNode Product()
    {
        var left = Unary();
        while (TakeAny("*", "/", "%") is { } op)
            left = new BinaryNode(op, left, Unary());
        return left;
    }

    private CelNode Unary()
    {
        if (TakeAny("!", "-") is not { } op)
            return Member();
        if (++depth > MaxDepth)
            throw new FormatException($"more than {MaxDepth} levels of nesting in the expression");
        var operand = Unary();
        depth--;
        return new UnaryNode(op, operand);
    }

    private CelNode Member()
    {
        var target = Primary();
        while (true)
        {
            if (Take("."))
            {
                var name = Name();
                if (!Take("("))
                    target = new FieldNode(target, name);
                else if (Macros.Contains(name))
                    target = Macro(target, name);
                else
                    target = new CallNode(name, [target, .. Arguments(")")]);
            }
            else if (Take("["))
            {
                target = new IndexNode(target, Conditional());
                Expect("]");
            }
            else
                return target;
        }
    }

    private MacroNode Macro(CelNode list, string name)
    {
        var variable = Name();
        Expect(",");
        var body = Conditional();
        Expect(")");
        return new MacroNode(name, list, variable, body);
    }

    private CelNode Primary()
    {
        var token = tokens[at];
        if (token.Kind == CelTokenKind.Literal)
        {
            at++;
            return new LiteralNode(token.Value);
        }
        if (Take("("))
        {
            var inner = Conditional();
            Expect(")");
            return inner;
        }
        if (Take("["))
            return new ListNode(Arguments("]"));
        if (Take("{"))
            return Map();
        Take(".");
        var name = Name();
        if (!Take("("))
            return new VariableNode(name);
        if (name != "has")
            return new CallNode(name, Arguments(")"));
        var arguments = Arguments(")");
        return arguments is [FieldNode field]
            ? new HasNode(field)
            : throw new FormatException($"has() takes one field, as in has(event.data.level): {text}");
    }

    private MapNode Map()
    {
        var entries = new List<(CelNode Key, CelNode Value)>();
        while (!Take("}"))
        {
            var key = Conditional();
            Expect(":");
            entries.Add((key, Conditional()));
            if (!Take(",") && tokens[at].Text != "}")
                throw Unexpected();
        }
        return new MapNode(entries);
    }

    private List<CelNode> Arguments(string close)
    {
        var list = new List<CelNode>();
        if (Take(close))
            return list;
        do list.Add(Conditional());
        while (Take(",") && tokens[at].Text != close);
        Expect(close);
        return list;
    }

    private string Name() => tokens[at].Kind == CelTokenKind.Name ? tokens[at++].Text : throw Unexpected();

    private bool Take(string op)
    {
        if (tokens[at].Kind != CelTokenKind.Operator || tokens[at].Text != op)
            return false;
        at++;
        return true;
    }

    private string? TakeAny(params ReadOnlySpan<string> ops)
    {
        foreach (var op in ops)
            if (Take(op))
                return op;
        return null;
    }

    private bool TakeName(string name, out string taken)
    {
        taken = name;
        if (tokens[at].Kind != CelTokenKind.Name || tokens[at].Text != name)
            return false;
        at++;
        return true;
    }

    private void Expect(string op)
    {
        if (!Take(op))
            throw new FormatException($"'{op}' is missing before '{tokens[at].Text}' at {tokens[at].Position} in: {text}");
    }

    private FormatException Unexpected() => new($"unexpected '{tokens[at].Text}' at {tokens[at].Position} in: {text}");
}
