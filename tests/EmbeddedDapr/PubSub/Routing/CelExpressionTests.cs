using System.Text.Json;
using CsCheck;
using Dapr.Embedded.PubSub.Routing.Cel;

namespace EmbeddedDapr.Tests.PubSub.Routing;

public sealed class CelExpressionTests
{
    private static readonly JsonElement Event = JsonDocument
        .Parse(
            """{"type":"order","source":"shop/eu","data":{"level":9,"ratio":1.5,"name":"Ann","tags":"""
                + """["urgent","new"],"empty":"","nested":{"deep":[{"x":1}]},"none":null,"on":true}}"""
        )
        .RootElement;

    [Theory]
    [InlineData("event.type == \"order\"")]
    [InlineData("event.type == 'order'")]
    [InlineData("event.type != \"other\"")]
    [InlineData("event.data.level > 5")]
    [InlineData("event.data.level >= 9 && event.data.level <= 9.0")]
    [InlineData("event.data.ratio == 1.5")]
    [InlineData("event.data.level == 9.0")]
    [InlineData("has(event.data.tags) && \"urgent\" in event.data.tags")]
    [InlineData("!has(event.data.absent)")]
    [InlineData("size(event.data.tags) == 2 && event.data.tags.size() == 2")]
    [InlineData("size(event.data.name) == 3")]
    [InlineData("event.source.startsWith('shop/') && event.source.endsWith('eu') && event.source.contains('op/e')")]
    [InlineData("event.data.name.matches('^A[a-z]+$')")]
    [InlineData("matches(event.data.name, 'nn')")]
    [InlineData("event.data.nested.deep[0].x == 1")]
    [InlineData("event['data']['level'] == 9")]
    [InlineData("(event.type == 'a' || event.type == 'order') && !(event.data.level < 5)")]
    [InlineData("event.type in ['x', 'order']")]
    [InlineData("'level' in event.data")]
    [InlineData("event.data.none == null")]
    [InlineData("event.data.on")]
    [InlineData("event.data.level * 2 - 1 == 17 && -event.data.level == -9 && 7 / 2 == 3 && 7 % 4 == 3")]
    [InlineData("event.data.level > 5 ? true : false")]
    [InlineData("event.data.tags.exists(t, t == 'new') && event.data.tags.all(t, size(t) > 1) && event.data.tags.exists_one(t, t == 'new')")]
    [InlineData("event.data.tags.filter(t, t == 'new').size() == 1 && event.data.tags.map(t, t + '!')[0] == 'urgent!'")]
    [InlineData("int('5') == 5 && string(5) == '5' && double('1.5') == 1.5 && bool('true')")]
    [InlineData("r'a\\b' == 'a\\\\b' && '\\u0041' == 'A' && \"\"\"x\"\"\" == 'x'")]
    [InlineData("event.data.tags == ['urgent', 'new'] && event.data.nested == {'deep': [{'x': 1}]}")]
    [InlineData("0x10 == 16 && 5u == 5")]
    public void Evaluate_TrueByTheLanguageDefinition_Matches(string text)
    {
        var (matches, error) = CelExpression.Parse(text).Evaluate(Event);
        Assert.Null(error);
        Assert.True(matches);
    }

    [Theory]
    [InlineData("event.data.absent > 5", "no such key: absent")]
    [InlineData("event.absent.more == 1", "no such key: absent")]
    [InlineData("event.data.name > 5", "no such overload")]
    [InlineData("event.data.tags[7] == 'x'", "index out of bounds")]
    [InlineData("event.data.level", "a bool is needed")]
    [InlineData("other == 1", "undeclared reference")]
    [InlineData("1 / 0 == 1", "division by zero")]
    [InlineData("9223372036854775807 + 1 == 0", "integer overflow")]
    [InlineData("event.data.name.matches('(')", "bad pattern")]
    public void Evaluate_Failing_SaysWhy(string text, string reason)
    {
        var (matches, error) = CelExpression.Parse(text).Evaluate(Event);
        Assert.False(matches);
        Assert.Contains(reason, error);
    }

    [Theory]
    [InlineData("event.data.absent > 5 || event.type == 'order'", true)]
    [InlineData("event.type == 'order' || event.data.absent > 5", true)]
    [InlineData("event.data.absent > 5 && event.type == 'other'", false)]
    public void Evaluate_ADecisiveSide_WinsOverAnErrorOnTheOther(string text, bool expected)
    {
        var (matches, error) = CelExpression.Parse(text).Evaluate(Event);
        Assert.Null(error);
        Assert.Equal(expected, matches);
    }

    [Theory]
    [InlineData("event.type ==")]
    [InlineData("event.type == 'open")]
    [InlineData("(event.type")]
    [InlineData("event..type")]
    [InlineData("has(event)")]
    [InlineData("event.type = 'x'")]
    [InlineData("1 2")]
    [InlineData("'\\q'")]
    [InlineData("")]
    public void Parse_NotAnExpression_Throws(string text) => Assert.Throws<FormatException>(() => CelExpression.Parse(text));

    [Fact]
    public void Parse_DeeplyNested_ThrowsInsteadOfOverflowingTheStack()
    {
        Assert.Throws<FormatException>(() => CelExpression.Parse(new string('(', 100_000)));
        Assert.Throws<FormatException>(() => CelExpression.Parse(new string('!', 100_000) + "true"));
        Assert.Throws<FormatException>(() => CelExpression.Parse(new string('[', 100_000)));
    }

    [Fact]
    public void ParseAndEvaluate_AnyText_ParsesOrThrowsFormatExceptionOnly() =>
        Gen.Char["abevntdt.()[]{}<>=!&|+-*/%?:,'\"\\ 0123456789_ihas"]
            .Array[0, 40]
            .Select(letters => new string(letters))
            .Sample(
                text =>
                {
                    try
                    {
                        CelExpression.Parse(text).Evaluate(Event);
                    }
                    catch (FormatException)
                    {
                        // The one allowed way to refuse.
                    }
                },
                iter: 20_000,
                seed: "0N0XIzNsQ0O2"
            );

    [Fact]
    public void Comparison_OfNumbers_AgreesWithDoubles() =>
        Gen.Select(Gen.Int, Gen.Int)
            .Sample(
                (a, b) =>
                {
                    var json = JsonDocument.Parse($$"""{"a":{{a}},"b":{{b}}.0}""").RootElement;
                    Assert.Equal(a < b, CelExpression.Parse("event.a < event.b").Evaluate(json).Matches);
                    Assert.Equal(a == b, CelExpression.Parse("event.a == event.b").Evaluate(json).Matches);
                    Assert.Equal(a >= b, CelExpression.Parse("event.a >= event.b").Evaluate(json).Matches);
                },
                iter: 1000,
                seed: "0N0XIzNsQ0O2"
            );
}
