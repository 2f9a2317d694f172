namespace Dapr.Anomaly.Campaigns.Tests.Fuzz;

/// <summary>Changes to bytes that know nothing of what the bytes mean.</summary>
internal static class Mutation
{
    private static readonly byte[][] Fragments =
    [
        [0],
        [0xFF],
        [0xC3, 0x28],
        [0xED, 0xA0, 0x80],
        [0xEF, 0xBB, 0xBF],
        "\r\n"u8.ToArray(),
        "%"u8.ToArray(),
        "\""u8.ToArray(),
        "}"u8.ToArray(),
        [0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
        [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
    ];

    /// <summary>Between one and five changes: bits, bytes, cuts, copies, fragments that readers stumble over.</summary>
    public static byte[] Of(Random random, ReadOnlySpan<byte> source)
    {
        var bytes = new List<byte>(source.Length + 16);
        bytes.AddRange(source);
        for (var changes = random.Next(1, 6); changes > 0; changes--)
            Change(random, bytes);
        return [.. bytes];
    }

    public static byte[] Rubbish(Random random, int atMost)
    {
        var bytes = new byte[random.Next(atMost + 1)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static void Change(Random random, List<byte> bytes)
    {
        var at = random.Next(bytes.Count + 1);
        var isInside = at < bytes.Count;
        switch (random.Next(7))
        {
            case 0 when isInside:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when isInside:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2 when isInside:
                bytes.RemoveRange(at, random.Next(1, Math.Min(8, bytes.Count - at) + 1));
                break;
            case 3 when isInside:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 4 when isInside:
                bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, random.Next(1, Math.Min(20, bytes.Count - at) + 1)));
                break;
            case 5:
                bytes.Insert(at, (byte)random.Next(256));
                break;
            default:
                bytes.InsertRange(at, random.Any(Fragments));
                break;
        }
    }
}
