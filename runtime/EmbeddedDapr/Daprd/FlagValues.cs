using System.Globalization;
using Dapr.Embedded.Components;
using Dapr.Embedded.Resources;

namespace Dapr.Embedded.Daprd;

/// <summary>The flags of a command line by name, with readers that say what is wrong.</summary>
internal sealed class FlagValues
{
    private readonly List<(string Name, string Value)> values = [];

    /// <exception cref="EmbeddedDaprException">An argument is no flag, or a flag lacks its value.</exception>
    public FlagValues(IReadOnlyList<string> arguments)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (!argument.StartsWith('-') || argument.TrimStart('-').Length == 0)
                throw new EmbeddedDaprException($"argument \"{argument}\" is no flag; write --name value");
            var name = argument.TrimStart('-');
            var equals = name.IndexOf('=', StringComparison.Ordinal);
            if (equals >= 0)
                values.Add((name[..equals], name[(equals + 1)..]));
            else if (DaprdFlagNames.Switches.Contains(name))
                values.Add((name, "true"));
            else if (i + 1 < arguments.Count)
                values.Add((name, arguments[++i]));
            else
                throw new EmbeddedDaprException($"--{name} has no value; write --{name} value");
        }
    }

    public IEnumerable<string> Names => values.Select(value => value.Name).Distinct();

    public string? Text(string name) => values.LastOrDefault(value => value.Name == name).Value is { Length: > 0 } text ? text : null;

    public IReadOnlyList<string> All(string name) =>
        [.. values.Where(value => value.Name == name && value.Value.Length > 0).Select(value => value.Value)];

    public bool Flag(string name) => ComponentMetadata.IsTrue(Text(name));

    public int Whole(string name, int otherwise) =>
        Text(name) is not { } text ? otherwise
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
        : throw Wrong(name, text, "a whole number");

    public TimeSpan Duration(string name, TimeSpan otherwise) =>
        Text(name) is not { } text ? otherwise
        : GoDuration.TryParse(text, out var duration) ? duration
        : throw Wrong(name, text, "a duration such as 3s");

    /// <summary>A size in bytes, for example 4Mi.</summary>
    public int Size(string name, int otherwise) =>
        Text(name) is not { } text ? otherwise
        : Sizes.TryParse(text, out var bytes) && bytes <= int.MaxValue ? (int)bytes
        : throw Wrong(name, text, "a size such as 4Mi");

    private static EmbeddedDaprException Wrong(string name, string text, string right) => new($"--{name} is \"{text}\", expected {right}");
}
