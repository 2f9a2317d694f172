using System.Globalization;

namespace Dapr.Anomaly.Core.Series;

/// <summary>Identity of a series: the 64-bit FNV-1a fingerprint of its query name and its sorted labels, stable across processes and releases.</summary>
public readonly record struct SeriesId(ulong Fingerprint)
{
    private const ulong Offset = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    /// <summary>Fingerprint of <paramref name="name"/> and <paramref name="labels"/>; the order in which labels were given does not matter.</summary>
    public static SeriesId Of(string name, Labels labels)
    {
        var hash = Add(Offset, name);
        foreach (var (label, value) in labels)
            hash = Add(Add(hash, label), value);
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
