using System.Text;

namespace Dapr.Anomaly.Simulator.PromQl;

/// <summary>Splits a PromQL text into tokens.</summary>
internal static class Lexer
{
    private static readonly string[] Symbols =
    [
        "==",
        "!=",
        "<=",
        ">=",
        "=~",
        "!~",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "+",
        "-",
        "*",
        "/",
        "%",
        "^",
        "<",
        ">",
        "=",
        "@",
    ];

    public static List<Token> Read(string text)
    {
        List<Token> tokens = [];
        for (var i = 0; i < text.Length; )
        {
            var c = text[i];
            if (char.IsWhiteSpace(c))
                i++;
            else if (c == '#')
                i = text.IndexOf('\n', i) is >= 0 and var end ? end : text.Length;
            else if (c is '"' or '\'' or '`')
                tokens.Add(String(text, ref i));
            else if (char.IsAsciiDigit(c) || (c == '.' && i + 1 < text.Length && char.IsAsciiDigit(text[i + 1])))
                tokens.Add(Number(text, ref i));
            else if (IsNameStart(c) || (c == ':' && !InBrackets(tokens)))
            {
                var from = i;
                while (i < text.Length && (IsNameStart(text[i]) || char.IsAsciiDigit(text[i]) || text[i] == ':'))
                    i++;
                tokens.Add(new(TokenKind.Identifier, text[from..i], from));
            }
            else
            {
                var at = i;
                var symbol =
                    Array.Find(Symbols, s => string.CompareOrdinal(text, at, s, 0, s.Length) == 0)
                    ?? throw PromQlException.Parse(text, i, $"unexpected character: '{c}'");
                tokens.Add(new(TokenKind.Symbol, symbol, i));
                i += symbol.Length;
            }
        }
        tokens.Add(new(TokenKind.End, "", text.Length));
        return tokens;
    }

    private static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c == '_';

    private static bool InBrackets(List<Token> tokens) => tokens.FindLastIndex(static t => t.Is("[")) > tokens.FindLastIndex(static t => t.Is("]"));

    private static Token Number(string text, ref int i)
    {
        var from = i;
        if (text[i] == '0' && i + 1 < text.Length && text[i + 1] is 'x' or 'X')
        {
            i += 2;
            while (i < text.Length && char.IsAsciiHexDigit(text[i]))
                i++;
            return new(TokenKind.Number, text[from..i], from);
        }
        while (i < text.Length && (char.IsAsciiDigit(text[i]) || text[i] == '.'))
            i++;
        if (i < text.Length && text[i] is 'e' or 'E')
        {
            i++;
            if (i < text.Length && text[i] is '+' or '-')
                i++;
            while (i < text.Length && char.IsAsciiDigit(text[i]))
                i++;
        }
        else if (i < text.Length && char.IsAsciiLetter(text[i]))
        {
            while (i < text.Length && char.IsAsciiLetterOrDigit(text[i]))
                i++;
            return new(TokenKind.Duration, text[from..i], from);
        }
        return new(TokenKind.Number, text[from..i], from);
    }

    private static Token String(string text, ref int i)
    {
        var from = i;
        var quote = text[i++];
        var value = new StringBuilder();
        while (true)
        {
            if (i >= text.Length || (text[i] == '\n' && quote != '`'))
                throw PromQlException.Parse(text, from, "unterminated quoted string");
            var c = text[i++];
            if (c == quote)
                return new(TokenKind.String, value.ToString(), from);
            if (c != '\\' || quote == '`')
            {
                value.Append(c);
                continue;
            }
            var escaped = i < text.Length ? text[i++] : '\0';
            value.Append(
                escaped switch
                {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    '\\' or '"' or '\'' => escaped,
                    _ => throw PromQlException.Parse(
                        text,
                        i - 2,
                        "unknown escape sequence U+" + ((int)escaped).ToString("X4", System.Globalization.CultureInfo.InvariantCulture)
                    ),
                }
            );
        }
    }
}
