using System.Globalization;
using System.Text;

namespace Dapr.Embedded.PubSub.Routing.Cel;

internal enum CelTokenKind
{
    End,
    Name,
    Literal,
    Operator,
}

internal readonly record struct CelToken(CelTokenKind Kind, string Text, object? Value, int Position);

/// <summary>Splits an expression into names, literals and operators.</summary>
internal static class CelLexer
{
    private static readonly string[] Operators =
    [
        "&&",
        "||",
        "==",
        "!=",
        "<=",
        ">=",
        "<",
        ">",
        "!",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ".",
        ",",
        "?",
        ":",
        "+",
        "-",
        "*",
        "/",
        "%",
    ];

    public static List<CelToken> Split(string text)
    {
        var tokens = new List<CelToken>();
        var at = 0;
        while (true)
        {
            while (at < text.Length && char.IsWhiteSpace(text[at]))
                at++;
            if (at == text.Length)
                break;
            tokens.Add(Next(text, ref at));
        }
        tokens.Add(new CelToken(CelTokenKind.End, "end of the expression", null, text.Length));
        return tokens;
    }

    private static CelToken Next(string text, ref int at)
    {
        var start = at;
        var c = text[at];
        if (c is '"' or '\'')
            return Quoted(text, ref at, start, raw: false);
        if (c is 'r' or 'R' && at + 1 < text.Length && text[at + 1] is '"' or '\'')
        {
            at++;
            return Quoted(text, ref at, start, raw: true);
        }
        if (char.IsAsciiDigit(c) || (c == '.' && at + 1 < text.Length && char.IsAsciiDigit(text[at + 1])))
            return Number(text, ref at, start);
        if (char.IsAsciiLetter(c) || c == '_')
        {
            while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '_'))
                at++;
            var name = text[start..at];
            return name switch
            {
                "true" => new(CelTokenKind.Literal, name, true, start),
                "false" => new(CelTokenKind.Literal, name, false, start),
                "null" => new(CelTokenKind.Literal, name, null, start),
                _ => new(CelTokenKind.Name, name, null, start),
            };
        }
        foreach (var op in Operators)
        {
            if (string.CompareOrdinal(text, at, op, 0, op.Length) != 0)
                continue;
            at += op.Length;
            return new(CelTokenKind.Operator, op, null, start);
        }
        throw new FormatException($"unexpected '{c}' at {start} in: {text}");
    }

    private static CelToken Number(string text, ref int at, int start)
    {
        if (text[at] == '0' && at + 1 < text.Length && text[at + 1] is 'x' or 'X')
        {
            at += 2;
            while (at < text.Length && char.IsAsciiHexDigit(text[at]))
                at++;
            if (!long.TryParse(text.AsSpan(start + 2, at - start - 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex))
                throw new FormatException($"bad number at {start} in: {text}");
            return new(CelTokenKind.Literal, text[start..at], hex, start);
        }
        while (
            at < text.Length
            && (char.IsAsciiDigit(text[at]) || text[at] is '.' or 'e' or 'E' || (text[at] is '+' or '-' && text[at - 1] is 'e' or 'E'))
        )
            at++;
        var spelled = text[start..at];
        if (at < text.Length && text[at] is 'u' or 'U')
            at++;
        if (long.TryParse(spelled, NumberStyles.None, CultureInfo.InvariantCulture, out var whole))
            return new(CelTokenKind.Literal, spelled, whole, start);
        if (double.TryParse(spelled, NumberStyles.Float, CultureInfo.InvariantCulture, out var real))
            return new(CelTokenKind.Literal, spelled, real, start);
        throw new FormatException($"bad number '{spelled}' at {start} in: {text}");
    }

    private static CelToken Quoted(string text, ref int at, int start, bool raw)
    {
        var quote = text[at];
        var triple = string.CompareOrdinal(text, at, new string(quote, 3), 0, 3) == 0;
        var close = new string(quote, triple ? 3 : 1);
        at += close.Length;
        var value = new StringBuilder();
        while (string.CompareOrdinal(text, at, close, 0, close.Length) != 0)
        {
            if (at >= text.Length)
                throw new FormatException($"the string that begins at {start} does not end: {text}");
            if (text[at] == '\\' && !raw)
                Escape(text, ref at, value);
            else
                value.Append(text[at++]);
        }
        at += close.Length;
        return new(CelTokenKind.Literal, text[start..at], value.ToString(), start);
    }

    private static void Escape(string text, ref int at, StringBuilder value)
    {
        var c = at + 1 < text.Length ? text[at + 1] : throw new FormatException($"the expression ends in an escape: {text}");
        var digits = c switch
        {
            'x' or 'X' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        if (digits > 0)
        {
            if (
                at + 2 + digits > text.Length
                || !int.TryParse(text.AsSpan(at + 2, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
                || !Rune.IsValid(code)
            )
                throw new FormatException($"bad escape at {at} in: {text}");
            value.Append(new Rune(code).ToString());
            at += 2 + digits;
            return;
        }
        value.Append(
            c switch
            {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'a' => '\a',
                'b' => '\b',
                'f' => '\f',
                'v' => '\v',
                '\\' or '\'' or '"' or '`' or '?' => c,
                _ => throw new FormatException($"unknown escape '\\{c}' at {at} in: {text}"),
            }
        );
        at += 2;
    }
}
