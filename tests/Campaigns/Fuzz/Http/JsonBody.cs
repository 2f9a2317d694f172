using System.Text;
using System.Text.Json.Nodes;

namespace Dapr.Anomaly.Campaigns.Tests.Fuzz.Http;

/// <summary>
/// Bodies that begin as a good request of their route and then have values of a wrong kind, doubled or missing members, or broken bytes.
/// </summary>
internal static class JsonBody
{
    /// <summary>Stands for a value that is put in as text, since it may be no JSON.</summary>
    private const string Mark = "\uE000";

    public static byte[] Of(Random random, string good)
    {
        switch (random.Next(20))
        {
            case 0:
                return [];
            case 1:
                return Mutation.Rubbish(random, 80);
            case 2:
                return Encoding.UTF8.GetBytes(Words.OddValue(random));
            case < 6:
                return Encoding.UTF8.GetBytes(good);
        }
        var root = JsonNode.Parse(good);
        var odd = new List<string>();
        for (var changes = random.Next(1, 4); changes > 0 && root is not null; changes--)
            Change(random, root, odd);
        var text = root?.ToJsonString() ?? "null";
        foreach (var value in odd)
        {
            var at = text.IndexOf("\"\\uE000\"", StringComparison.Ordinal);
            text = at < 0 ? text : string.Concat(text.AsSpan(0, at), value, text.AsSpan(at + 8));
        }
        var bytes = Encoding.UTF8.GetBytes(text);
        return random.Chance(0.3) ? Mutation.Of(random, bytes) : bytes;
    }

    private static void Change(Random random, JsonNode root, List<string> odd)
    {
        var containers = new List<JsonNode>();
        Collect(root, containers);
        if (containers.Count == 0)
            return;
        switch (random.Any(containers))
        {
            case JsonArray array when array.Count > 0 && random.Chance(0.3):
                array.Add(array[random.Next(array.Count)]?.DeepClone());
                break;
            case JsonArray { Count: > 0 } array:
                odd.Add(Words.OddValue(random));
                array[random.Next(array.Count)] = Mark;
                break;
            case JsonArray array:
                odd.Add(Words.OddValue(random));
                array.Add(Mark);
                break;
            case JsonObject members when members.Count > 0 && random.Chance(0.2):
                members.Remove(random.Any(members.Select(member => member.Key).ToList()));
                break;
            case JsonObject { Count: > 0 } members:
                odd.Add(Words.OddValue(random));
                members[random.Any(members.Select(member => member.Key).ToList())] = Mark;
                break;
            case JsonObject members:
                odd.Add(Words.OddValue(random));
                members["key"] = Mark;
                break;
        }
    }

    private static void Collect(JsonNode? node, List<JsonNode> containers)
    {
        if (node is JsonArray array)
        {
            containers.Add(array);
            foreach (var each in array)
                Collect(each, containers);
        }
        else if (node is JsonObject members)
        {
            containers.Add(members);
            foreach (var (_, each) in members)
                Collect(each, containers);
        }
    }
}
