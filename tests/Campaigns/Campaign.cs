using System.Globalization;

namespace Dapr.Anomaly.Campaigns.Tests;

/// <summary>
/// How large a campaign is: a small sample unless the environment says otherwise (KILLS, WORKFLOWS, REQUESTS, SEED; see eng/test-kills.sh and
/// eng/test-fuzz.sh), and where it says how it goes.
/// </summary>
internal static class Campaign
{
    public static int Seed => Number("SEED", 1);

    /// <summary>Kills of each of the two kill campaigns.</summary>
    public static int Kills => Number("KILLS", 24);

    public static int Workflows => Number("WORKFLOWS", 12);

    public static int Requests => Number("REQUESTS", 2000);

    /// <summary>Progress: on standard error, and only where somebody asked for a size of his own.</summary>
    public static void Say(string line)
    {
        if (Environment.GetEnvironmentVariable("SEED") is not null)
            Console.Error.WriteLine(line);
    }

    /// <summary>The result, line by line: in the output of the test, and on standard output for whoever runs a campaign.</summary>
    public static void Report(string title, IEnumerable<(string Name, object Value)> figures)
    {
        var text = $"{title}: {string.Join(", ", figures.Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Name} {one.Value}")))}";
        TestContext.Current.TestOutputHelper?.WriteLine(text);
        Console.WriteLine(text);
    }

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
            ? int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
                ? number
                : throw new InvalidOperationException($"{variable} is \"{text}\", expected a whole number above 0")
            : otherwise;
}
