namespace Dapr.Embedded.PubSub.Routing.Cel;

/// <summary>A node of the syntax tree; evaluation gives a value or a <see cref="CelError"/>, and never throws.</summary>
internal abstract record CelNode
{
    public abstract object? Evaluate(CelScope scope);
}

internal sealed record LiteralNode(object? Value) : CelNode
{
    public override object? Evaluate(CelScope scope) => Value;
}

internal sealed record VariableNode(string Name) : CelNode
{
    public override object? Evaluate(CelScope scope) => scope.Find(Name);
}

internal sealed record FieldNode(CelNode Target, string Name) : CelNode
{
    public override object? Evaluate(CelScope scope) =>
        Target.Evaluate(scope) switch
        {
            CelError error => error,
            var target => CelValue.Field(target, Name),
        };
}

internal sealed record HasNode(FieldNode Field) : CelNode
{
    public override object? Evaluate(CelScope scope) =>
        Field.Target.Evaluate(scope) switch
        {
            CelError error => error,
            var target when CelValue.IsMap(target) => CelValue.Field(target, Field.Name) is not CelError,
            _ => new CelError($"no such key: {Field.Name}"),
        };
}

internal sealed record IndexNode(CelNode Target, CelNode Index) : CelNode
{
    public override object? Evaluate(CelScope scope)
    {
        var target = Target.Evaluate(scope);
        if (target is CelError)
            return target;
        var index = Index.Evaluate(scope);
        return index is CelError ? index : CelValue.At(target, index);
    }
}

internal sealed record ListNode(IReadOnlyList<CelNode> Elements) : CelNode
{
    public override object? Evaluate(CelScope scope)
    {
        var values = new List<object?>(Elements.Count);
        foreach (var element in Elements)
        {
            var value = element.Evaluate(scope);
            if (value is CelError)
                return value;
            values.Add(value);
        }
        return values;
    }
}

internal sealed record MapNode(IReadOnlyList<(CelNode Key, CelNode Value)> Entries) : CelNode
{
    public override object? Evaluate(CelScope scope)
    {
        var map = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (keyNode, valueNode) in Entries)
        {
            var key = keyNode.Evaluate(scope);
            if (key is CelError)
                return key;
            if (key is not string name)
                return new CelError($"a map key must be a string, seen {CelValue.TypeName(key)}");
            var value = valueNode.Evaluate(scope);
            if (value is CelError)
                return value;
            map[name] = value;
        }
        return map;
    }
}

/// <summary><c>||</c> (true decides) and <c>&amp;&amp;</c> (false decides): a decisive side wins over an error on the other.</summary>
internal sealed record LogicNode(CelNode Left, CelNode Right, bool Decisive) : CelNode
{
    public override object? Evaluate(CelScope scope)
    {
        var left = Left.Evaluate(scope);
        if (left is bool l && l == Decisive)
            return Decisive;
        var right = Right.Evaluate(scope);
        if (right is bool r && r == Decisive)
            return Decisive;
        if (left is bool && right is bool)
            return !Decisive;
        if (left is CelError)
            return left;
        return right is CelError ? right : new CelError("no such overload: a side of && or || is no bool");
    }
}

internal sealed record ConditionalNode(CelNode Condition, CelNode Then, CelNode Else) : CelNode
{
    public override object? Evaluate(CelScope scope) =>
        Condition.Evaluate(scope) switch
        {
            true => Then.Evaluate(scope),
            false => Else.Evaluate(scope),
            CelError error => error,
            _ => new CelError("no such overload: the condition of ?: is no bool"),
        };
}

internal sealed record UnaryNode(string Operator, CelNode Operand) : CelNode
{
    public override object? Evaluate(CelScope scope) =>
        (Operator, Operand.Evaluate(scope)) switch
        {
            (_, CelError error) => error,
            ("!", bool b) => !b,
            ("-", long n) when n != long.MinValue => -n,
            ("-", double d) => -d,
            var (op, value) => new CelError($"no such overload: {op}{CelValue.TypeName(value)}"),
        };
}

internal sealed record BinaryNode(string Operator, CelNode Left, CelNode Right) : CelNode
{
    public override object? Evaluate(CelScope scope)
    {
        var left = Left.Evaluate(scope);
        if (left is CelError)
            return left;
        var right = Right.Evaluate(scope);
        return right is CelError ? right : CelOperators.Apply(Operator, left, right);
    }
}

internal sealed record CallNode(string Name, IReadOnlyList<CelNode> Arguments) : CelNode
{
    public override object? Evaluate(CelScope scope)
    {
        var values = new object?[Arguments.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Arguments[i].Evaluate(scope);
            if (values[i] is CelError)
                return values[i];
        }
        return CelFunctions.Call(Name, values);
    }
}

/// <summary><c>list.exists(x, …)</c> and its relatives; over a map, the variable takes the keys.</summary>
internal sealed record MacroNode(string Name, CelNode List, string Variable, CelNode Body) : CelNode
{
    public override object? Evaluate(CelScope scope)
    {
        var list = List.Evaluate(scope);
        if (list is CelError)
            return list;
        if (CelValue.Elements(list) is not { } elements)
            return new CelError($"{Name}() needs a list or map, seen {CelValue.TypeName(list)}");
        var results = new List<object?>();
        var matches = 0;
        CelError? failure = null;
        foreach (var element in elements)
        {
            var value = Body.Evaluate(scope.With(Variable, element));
            if (value is CelError error)
                failure ??= error;
            else if (value is true)
            {
                matches++;
                if (Name == "exists")
                    return true;
            }
            else if (value is false && Name == "all")
                return false;
            if (Name == "map")
                results.Add(value);
            else if (Name == "filter" && value is true)
                results.Add(element);
        }
        if (failure is not null)
            return failure;
        return Name switch
        {
            "all" => true,
            "exists" => false,
            "exists_one" => matches == 1,
            _ => results,
        };
    }
}
