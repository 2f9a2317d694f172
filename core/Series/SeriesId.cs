using System.Globalization;

namespace Dapr.Anomaly.Core.Series;

/// <summary>Identity of a series: the 64-bit FNV-1a fingerprint of its query alias and its sorted labels, stable across processes and releases.</summary>
public readonly record struct SeriesId(ulong Fingerprint)
{
    private const ulong Offset = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    /// <summary>Fingerprint of <paramref name="alias"/> and <paramref name="labels"/>; the order in which labels were given does not matter.</summary>
    public static SeriesId Of(string alias, Labels labels)
    {
        var hash = Add(Offset, alias);
        foreach (var (name, value) in labels)
            hash = Add(Add(hash, name), value);
        return new(hash);
    }

    public static SeriesId Parse(string text) => new(ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    /// <summary>Sixteen hexadecimal digits.</summary>
    public override string ToString() => Fingerprint.ToString("x16", CultureInfo.InvariantCulture);

    private static ulong Add(ulong hash, string text)
    {
        foreach (var c in text)
        {
            hash = (hash ^ (byte)c) * Prime;
            hash = (hash ^ (byte)(c >> 8)) * Prime;
        }
        return (hash ^ 0xff) * Prime;
    }
}
