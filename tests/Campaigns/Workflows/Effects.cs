using System.Globalization;

namespace Dapr.Anomaly.Campaigns.Tests.Workflows;

/// <summary>One run of an activity that was recorded on disk before it was answered.</summary>
internal readonly record struct Effect(string Instance, int Step, long Previous, long Value);

/// <summary>Reads what the killed workers recorded.</summary>
internal static class Effects
{
    public static IReadOnlyList<Effect> Read(string file) =>
        [
            .. File.ReadLines(file)
                .Select(line =>
                {
                    var parts = line.Split(' ');
                    return parts.Length == 4
                        ? new Effect(parts[0], Number<int>(parts[1]), Number<long>(parts[2]), Number<long>(parts[3]))
                        : throw new InvalidDataException($"{file}: \"{line}\" is no effect, expected instance step previous value");
                }),
        ];

    private static T Number<T>(string text)
        where T : IParsable<T> => T.Parse(text, CultureInfo.InvariantCulture);
}
