using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;

namespace Dapr.Anomaly.Core.Series;

/// <summary>
/// A Prometheus selector over series, such as <c>container_cpu{namespace="shop", workload=~"check.*"}</c>: a name, matchers, or both. Regular
/// expressions are anchored, as in Prometheus; an absent label is the empty string.
/// </summary>
public sealed class Selector
{
    private static readonly TimeSpan MaxMatch = TimeSpan.FromMilliseconds(100);

    private readonly string _name;
    private readonly List<(string Label, Func<string, bool> Matches)> _matchers;

    private Selector(string name, List<(string, Func<string, bool>)> matchers) => (_name, _matchers) = (name, matchers);

    /// <summary>Matches every series.</summary>
    public static readonly Selector All = new("", []);

    public bool Matches(SeriesIdentity series) =>
        (_name.Length == 0 || _name == series.Name) && _matchers.All(m => m.Matches(m.Label == "__name__" ? series.Name : series.Labels[m.Label]));

    /// <param name="problem">What is wrong, with its place; null when the text is a selector.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out Selector? selector, [NotNullWhen(false)] out string? problem)
    {
        var reader = new Reader(text);
        selector = reader.Read();
        problem = selector is null ? reader.Problem ?? "not a selector" : null;
        return selector is not null;
    }

    private sealed class Reader(string text)
    {
        private int _at;

        public string? Problem { get; private set; }

        public Selector? Read()
        {
            Skip();
            var name = Word(allowColon: true);
            List<(string, Func<string, bool>)> matchers = [];
            Skip();
            if (_at == text.Length)
                return name.Length > 0 ? new(name, matchers) : Fail<Selector>("a name or {…}");
            if (!Take('{'))
                return Fail<Selector>("{");
            Skip();
            while (!Take('}'))
            {
                if (Matcher() is not { } matcher)
                    return null;
                matchers.Add(matcher);
                Skip();
                if (!Take(',') && (_at == text.Length || text[_at] != '}'))
                    return Fail<Selector>(", or }");
                Skip();
            }
            Skip();
            return _at == text.Length ? new(name, matchers) : Fail<Selector>("the end");
        }

        private (string, Func<string, bool>)? Matcher()
        {
            var label = Word(allowColon: false);
            if (label.Length == 0)
                return FailMatcher("a label name");
            Skip();
            var operation = text.AsSpan(_at) switch
            {
                ['=', '~', ..] => "=~",
                ['!', '~', ..] => "!~",
                ['!', '=', ..] => "!=",
                ['=', ..] => "=",
                _ => null,
            };
            if (operation is null)
                return FailMatcher("=, !=, =~ or !~");
            _at += operation.Length;
            Skip();
            if (Quoted() is not { } value)
                return FailMatcher("a quoted value");
            if (operation[^1] != '~')
                return (label, operation == "=" ? v => v == value : v => v != value);
            try
            {
                var regex = new Regex($"^(?:{value})$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, MaxMatch);
                return (label, operation == "=~" ? regex.IsMatch : v => !regex.IsMatch(v));
            }
            catch (Exception e) when (e is ArgumentException or NotSupportedException)
            {
                Problem ??= $"\"{value}\" is not a regular expression: {e.Message}";
                return null;
            }
        }

        private string? Quoted()
        {
            if (_at == text.Length || text[_at] is not ('"' or '\''))
                return null;
            var quote = text[_at++];
            var value = new StringBuilder();
            while (_at < text.Length && text[_at] != quote)
            {
                if (text[_at] == '\\' && _at + 1 < text.Length)
                    _at++;
                value.Append(text[_at++]);
            }
            return Take(quote) ? value.ToString() : null;
        }

        private string Word(bool allowColon)
        {
            var begin = _at;
            while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] == '_' || (allowColon && text[_at] == ':')))
                _at++;
            return text[begin.._at];
        }

        private bool Take(char c)
        {
            if (_at == text.Length || text[_at] != c)
                return false;
            _at++;
            return true;
        }

        private void Skip()
        {
            while (_at < text.Length && char.IsWhiteSpace(text[_at]))
                _at++;
        }

        private (string, Func<string, bool>)? FailMatcher(string expected)
        {
            Fail<Selector>(expected);
            return null;
        }

        private T? Fail<T>(string expected)
            where T : class
        {
            Problem ??= $"expected {expected} at character {_at + 1}{(_at < text.Length ? $", found '{text[_at]}'" : ", found the end")}";
            return null;
        }
    }
}
