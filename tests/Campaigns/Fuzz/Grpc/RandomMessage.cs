using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Dapr.Anomaly.Campaigns.Tests.Fuzz.Grpc;

/// <summary>
/// Messages of any type with fields set at random: names that exist, odd texts, numbers at their limits, unknown enum values, absent parts.
/// </summary>
internal static class RandomMessage
{
    private const int Deepest = 4;

    private static readonly long[] Numbers = [0, 1, 2, 3, 5, -1, 100, int.MaxValue, int.MinValue, long.MaxValue, long.MinValue, 253402300800, 99];

    private static readonly string[] Texts =
    [
        "1",
        "on",
        "create",
        "get",
        "upsert",
        "delete",
        "application/json",
        "text/plain",
        "{\"a\":1}",
        "Echo",
        "Control",
        "e",
        "first-write",
        "ttlInSeconds",
        "rawPayload",
        "true",
        "1h",
    ];

    public static IMessage Of(Random random, MessageDescriptor type, int depth = 0)
    {
        var message = type.Parser.ParseFrom([]);
        foreach (var field in type.Fields.InDeclarationOrder())
        {
            if (!random.Chance(0.75) || (depth >= Deepest && field.FieldType == FieldType.Message))
                continue;
            if (field.IsMap)
                FillMap(random, (IDictionary)field.Accessor.GetValue(message), field, depth);
            else if (field.IsRepeated)
                FillList(random, (IList)field.Accessor.GetValue(message), field, depth);
            else
                field.Accessor.SetValue(message, Value(random, field, depth));
        }
        return message;
    }

    private static void FillMap(Random random, IDictionary map, FieldDescriptor field, int depth)
    {
        var (key, value) = (field.MessageType.FindFieldByNumber(1), field.MessageType.FindFieldByNumber(2));
        for (var more = random.Next(3); more > 0; more--)
            map[Value(random, key, depth)] = Value(random, value, depth);
    }

    private static void FillList(Random random, IList list, FieldDescriptor field, int depth)
    {
        for (var more = random.Next(4); more > 0; more--)
            list.Add(Value(random, field, depth));
    }

    private static object Value(Random random, FieldDescriptor field, int depth) =>
        field.FieldType switch
        {
            FieldType.String => Words.Text(random, Named(field.Name)),
            FieldType.Bytes => ByteString.CopyFrom(random.Chance(0.5) ? "{\"a\":[1,\"x\"]}"u8.ToArray() : Mutation.Rubbish(random, 40)),
            FieldType.Bool => random.Chance(0.5),
            FieldType.Double => (double)random.Any(Numbers),
            FieldType.Float => (float)random.Any(Numbers),
            FieldType.Enum => random.Chance(0.2) ? 77 : field.EnumType.Values[random.Next(field.EnumType.Values.Count)].Number,
            FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => unchecked((int)random.Any(Numbers)),
            FieldType.UInt32 or FieldType.Fixed32 => unchecked((uint)random.Any(Numbers)),
            FieldType.UInt64 or FieldType.Fixed64 => unchecked((ulong)random.Any(Numbers)),
            FieldType.Message => Wrapped(random, field, depth),
            _ => random.Any(Numbers),
        };

    /// <summary>The accessors take google.protobuf wrappers as their bare values.</summary>
    private static object Wrapped(Random random, FieldDescriptor field, int depth) =>
        field.MessageType.FullName switch
        {
            "google.protobuf.StringValue" => Words.Text(random, Texts),
            "google.protobuf.Int32Value" => unchecked((int)random.Any(Numbers)),
            "google.protobuf.BoolValue" => random.Chance(0.5),
            _ => Of(random, field.MessageType, depth + 1),
        };

    private static IReadOnlyList<string> Named(string field) =>
        field switch
        {
            "store_name" or "storeName" => ["s", "q", "env", "file", "c", "l", "s", "q"],
            "pubsub_name" => Words.PubSubs,
            "topic" => Words.Topics,
            "key" or "keys" or "resource_id" => Words.Keys,
            "id" => Words.Apps,
            "name" => ["files", "Echo", "Control", "e", "note"],
            _ when field.Contains("nstance", StringComparison.Ordinal) => Words.Instances,
            _ => Texts,
        };
}
