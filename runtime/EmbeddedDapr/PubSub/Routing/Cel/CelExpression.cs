using System.Text.Json;

namespace Dapr.Embedded.PubSub.Routing.Cel;

/// <summary>
/// A compiled expression of the part of CEL (Common Expression Language) that routing rules use: literals, field access and
/// indexing over <c>event</c>, <c>has()</c>, comparison, arithmetic, <c>in</c>, <c>&amp;&amp; || !</c>, <c>?:</c>, string functions,
/// <c>size()</c>, conversions and the list macros. Source: the CEL language definition (github.com/google/cel-spec).
/// </summary>
internal sealed class CelExpression
{
    private readonly CelNode root;

    private CelExpression(string text, CelNode root)
    {
        Text = text;
        this.root = root;
    }

    public string Text { get; }

    /// <exception cref="FormatException">The text is no expression; the message names the place.</exception>
    public static CelExpression Parse(string text) => new(text, new CelParser(text).ParseAll());

    /// <summary>True or false; an error (absent field, unlike types, a value that is no bool) comes as text instead.</summary>
    public (bool Matches, string? Error) Evaluate(JsonElement cloudEvent) => Judge(root.Evaluate(CelScope.Of("event", cloudEvent)));

    /// <summary>As above, over variables of other names.</summary>
    public (bool Matches, string? Error) Evaluate(IReadOnlyDictionary<string, object?> variables) =>
        Judge(root.Evaluate(variables.Aggregate((CelScope?)null, (outer, v) => new CelScope(outer, v.Key, v.Value))!));

    /// <summary>The value: null, bool, long, double, string, a list or a map; a <see cref="CelError"/> for a failure.</summary>
    internal object? EvaluateValue(JsonElement cloudEvent) => root.Evaluate(CelScope.Of("event", cloudEvent));

    private (bool Matches, string? Error) Judge(object? value) =>
        value switch
        {
            bool matches => (matches, null),
            CelError error => (false, error.Message),
            var other => (false, $"the expression gives {CelValue.TypeName(other)}, a bool is needed: {Text}"),
        };
}

/// <summary>An evaluation error; it travels as a value, so that <c>&amp;&amp;</c> and <c>||</c> can absorb it as CEL asks.</summary>
internal sealed record CelError(string Message);

/// <summary>The variables that an expression sees: those it is given, and those of the macros around it.</summary>
internal sealed class CelScope(CelScope? outer, string name, object? value)
{
    public static CelScope Of(string name, object? value) => new(null, name, value);

    public CelScope With(string inner, object? of) => new(this, inner, of);

    public object? Find(string wanted)
    {
        if (wanted == name)
            return CelValue.FromJson(value);
        return outer is null ? new CelError($"undeclared reference to '{wanted}'") : outer.Find(wanted);
    }
}
