namespace Dapr.Anomaly.Simulator.PromQl;

internal enum TokenKind
{
    End,
    Identifier,
    Number,
    String,
    Duration,
    Symbol,
}

/// <summary>A token with its place: <paramref name="Text"/> is the symbol, the name, the digits, or a string's value.</summary>
internal readonly record struct Token(TokenKind Kind, string Text, int Position)
{
    public bool Is(string symbol) => Kind == TokenKind.Symbol && Text == symbol;

    public bool IsWord(string word) => Kind == TokenKind.Identifier && Text.Equals(word, StringComparison.OrdinalIgnoreCase);

    /// <summary>As Prometheus names it in "unexpected …".</summary>
    public string Describe() =>
        Kind switch
        {
            TokenKind.End => "end of input",
            TokenKind.Identifier => $"identifier \"{Text}\"",
            TokenKind.Number => $"number \"{Text}\"",
            TokenKind.Duration => $"duration \"{Text}\"",
            TokenKind.String => $"string \"{Text}\"",
            _ => Text switch
            {
                "(" => "left parenthesis '('",
                ")" => "right parenthesis ')'",
                "{" => "left brace '{'",
                "}" => "right brace '}'",
                "[" => "left bracket '['",
                "]" => "right bracket ']'",
                "," => "\",\"",
                _ => $"<op:{Text}>",
            },
        };
}
