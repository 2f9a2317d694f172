using System.Globalization;

namespace Dapr.Anomaly.Services.Tests.Fuzz;

/// <summary>How many inputs, and how one is made of a seed and its number.</summary>
internal static class Mutations
{
    private static readonly byte[][] Fragments =
    [
        [0],
        [0xFF],
        [0xC3, 0x28],
        [0xED, 0xA0, 0x80],
        [0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
        [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
        "null"u8.ToArray(),
        "{}"u8.ToArray(),
        "[]"u8.ToArray(),
        "1e300"u8.ToArray(),
        "1e999"u8.ToArray(),
        "-1"u8.ToArray(),
        "99999999999999999999"u8.ToArray(),
        "NaN"u8.ToArray(),
        "\"\""u8.ToArray(),
        "\"\\ud800\""u8.ToArray(),
        "\"9999-12-31T23:59:59Z\""u8.ToArray(),
        "{\"garbage\":1}"u8.ToArray(),
    ];

    /// <summary>Inputs of each parser; FUZZ_INPUTS says another number.</summary>
    public static int Inputs => Number("FUZZ_INPUTS", 3_000);

    public static int Seed => Number("SEED", 1);

    public static Random RandomOf(int number) => new(unchecked((Seed * 1_000_003) + number));

    /// <summary>One to five changes: bits, bytes, cuts, copies, and fragments that readers stumble over, also in the place of a JSON value.</summary>
    public static byte[] Of(Random random, byte[] source)
    {
        List<byte> bytes = [.. source];
        for (var changes = random.Next(1, 6); changes > 0; changes--)
            Change(random, bytes);
        return [.. bytes];
    }

    private static void Change(Random random, List<byte> bytes)
    {
        var at = random.Next(bytes.Count + 1);
        var fragment = Fragments[random.Next(Fragments.Length)];
        if (at == bytes.Count)
        {
            bytes.AddRange(fragment);
            return;
        }
        switch (random.Next(7))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(at, random.Next(1, Math.Min(8, bytes.Count - at) + 1));
                break;
            case 3:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 4:
                bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, random.Next(1, Math.Min(20, bytes.Count - at) + 1)));
                break;
            case 5:
                bytes.InsertRange(at, fragment);
                break;
            default:
                ReplaceValue(bytes, at, fragment);
                break;
        }
    }

    /// <summary>Puts a fragment where a value of JSON stands: after a colon, up to the next comma or bracket.</summary>
    private static void ReplaceValue(List<byte> bytes, int from, byte[] fragment)
    {
        var colon = bytes.IndexOf((byte)':', from);
        if (colon < 0)
            return;
        var end = bytes.FindIndex(colon, b => b is (byte)',' or (byte)'}' or (byte)']');
        bytes.RemoveRange(colon + 1, (end < 0 ? bytes.Count : end) - colon - 1);
        bytes.InsertRange(colon + 1, fragment);
    }

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
            ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture)
            : otherwise;
}
