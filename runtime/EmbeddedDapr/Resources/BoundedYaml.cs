using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Dapr.Embedded.Resources;

/// <summary>
/// YAML within bounds: a few hundred bytes of aliases can stand for billions of nodes, and nesting without end overflows the stack, which ends the
/// process. Both are counted before anything is built.
/// </summary>
internal static class BoundedYaml
{
    /// <summary>Characters of a text.</summary>
    public const int MaxLength = 4 << 20;

    /// <summary>Lists and mappings inside each other.</summary>
    public const int MaxDepth = 64;

    /// <summary>Values of a document, with those that its aliases stand for.</summary>
    public const int MaxNodes = 100_000;

    /// <exception cref="YamlException">The text is no YAML, or beyond a bound.</exception>
    public static YamlStream Load(string text)
    {
        if (text.Length > MaxLength)
            throw new YamlException($"the text has {text.Length} characters, at most {MaxLength} are read");
        try
        {
            Count(new Parser(new StringReader(text)));
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return stream;
        }
        catch (Exception e) when (e is not YamlException and not OutOfMemoryException)
        {
            // The parser has states of its own that some texts lead it out of.
            throw new YamlException($"the text cannot be read: {e.Message}", e);
        }
    }

    private static void Count(IParser parser)
    {
        // Nodes below each list or mapping that is open, and those of each anchor that is complete.
        var open = new Stack<(NodeEvent Start, long Nodes)>();
        var anchors = new Dictionary<AnchorName, long>();
        while (parser.MoveNext())
        {
            switch (parser.Current)
            {
                case DocumentStart:
                    anchors.Clear();
                    break;
                case MappingStart or SequenceStart:
                    if (open.Count == MaxDepth)
                        throw At(parser.Current, $"more than {MaxDepth} lists and mappings inside each other");
                    open.Push(((NodeEvent)parser.Current, 1));
                    break;
                case MappingEnd or SequenceEnd:
                    var (start, nodes) = open.Pop();
                    Add(start, nodes);
                    break;
                case Scalar scalar:
                    Add(scalar, 1);
                    break;
                case AnchorAlias alias:
                    if (!anchors.TryGetValue(alias.Value, out var meant))
                        throw At(alias, $"alias *{alias.Value} has no complete anchor before it");
                    Sum(alias, meant);
                    break;
            }
        }

        void Add(NodeEvent node, long nodes)
        {
            if (!node.Anchor.IsEmpty)
                anchors[node.Anchor] = nodes;
            Sum(node, nodes);
        }

        void Sum(ParsingEvent at, long nodes)
        {
            if (!open.TryPop(out var parent))
                return;
            if (parent.Nodes + nodes > MaxNodes)
                throw At(at, $"more than {MaxNodes} values, with those that aliases stand for");
            open.Push((parent.Start, parent.Nodes + nodes));
        }
    }

    private static YamlException At(ParsingEvent at, string message) => new(at.Start, at.End, message);
}
