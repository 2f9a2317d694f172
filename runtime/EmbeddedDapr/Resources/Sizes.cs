using System.Globalization;

namespace Dapr.Embedded.Resources;

/// <summary>Sizes as Kubernetes writes them: a number of bytes, or one with Ki, Mi, Gi, k, M or G.</summary>
internal static class Sizes
{
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var digits = text.TrimEnd('K', 'k', 'M', 'G', 'i', 'B');
        long unit = text[digits.Length..] switch
        {
            "" or "B" => 1,
            "Ki" or "KiB" => 1L << 10,
            "Mi" or "MiB" => 1L << 20,
            "Gi" or "GiB" => 1L << 30,
            "k" or "K" or "kB" or "KB" => 1_000,
            "M" or "MB" => 1_000_000,
            "G" or "GB" => 1_000_000_000,
            _ => 0,
        };
        if (unit == 0 || !long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > long.MaxValue / unit)
            return false;
        bytes = number * unit;
        return bytes > 0;
    }

    /// <exception cref="ResourceException">The text is no size.</exception>
    public static long Bytes(string? text, long otherwise) =>
        text is null ? otherwise
        : TryParse(text, out var bytes) ? bytes
        : throw new ResourceException($"\"{text}\" is no size, expected one such as 4Mi");
}
