namespace Dapr.Anomaly.Campaigns.Tests.Fuzz;

/// <summary>Names and values that a request is made of: mostly ones that exist, so that it comes far, and the ones that break readers.</summary>
internal static class Words
{
    /// <summary>Where the bytes of a JSON value or a path segment are too long for something.</summary>
    private static readonly string Long = new('x', 3000);

    public static readonly string[] Stores = ["s", "q"];
    public static readonly string[] PubSubs = ["p", "b"];
    public static readonly string[] Topics = ["t", "bulk", "dead"];
    public static readonly string[] Keys = ["k", "a", "key-1", "a%2Fb", "ключ"];
    public static readonly string[] Instances = ["w1", "w2", "w3", "none"];
    public static readonly string[] Apps = ["tested", "grpcapp", "nobody"];

    /// <summary>Segments of a path, as they stand in a request line.</summary>
    private static readonly string[] OddSegments =
    [
        "",
        "%20",
        "%7C%7C",
        "a%7C%7Cb",
        "..",
        "%2e%2e",
        ".",
        "%2F",
        "%00",
        "%ff",
        "%c3%28",
        "%E4%B8%AD",
        "a%0d%0ab",
        "a+b",
        "~",
        "*",
        "'",
        "(",
        "$",
        "null",
        "-1",
        "a%252Fb",
        "%25",
        "a:b",
        "a;b=c",
        "@",
        "{id}",
    ];

    /// <summary>Text that goes into a protobuf field.</summary>
    public static readonly string[] OddTexts =
    [
        "",
        " ",
        "||",
        "a||b",
        "..",
        "/",
        "\0",
        "\uFFFD",
        "中",
        "a/b",
        "::",
        "x\r\ny",
        "-1",
        "null",
        "dapr.internal.x",
        Long,
    ];

    /// <summary>JSON values of every wrong kind, as they stand in a body.</summary>
    private static readonly string[] OddValues =
    [
        "null",
        "true",
        "0",
        "-1",
        "7",
        "1e400",
        "-0.0",
        "12345678901234567890123456789",
        "9223372036854775808",
        "\"\"",
        "\" \"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"a||b\"",
        "\"99999999999999999999\"",
        "\"-5\"",
        "[]",
        "{}",
        "[null]",
        "[[]]",
        "{\"a\":1,\"a\":2}",
        "{\"\":{}}",
        "\"中\\uD83D\\uDE00\"",
        "nul",
        "'x'",
        "01",
        "+1",
        "\"\t\"",
        "undefined",
        "[1,]",
        "{,}",
        "\"\\x\"",
        $"\"{Long}\"",
        new string('[', 300),
        new string('[', 300) + new string(']', 300),
        "{\"a\":" + new string('[', 2000),
    ];

    public static T Any<T>(this Random random, IReadOnlyList<T> values) => values[random.Next(values.Count)];

    public static bool Chance(this Random random, double probability) => random.NextDouble() < probability;

    /// <summary>One of the words and, now and then, an odd one.</summary>
    public static string Segment(Random random, IReadOnlyList<string> words) =>
        random.Next(12) switch
        {
            0 => random.Any(OddSegments),
            1 => random.Chance(0.1) ? Long : "unknown",
            _ => Uri.EscapeDataString(Uri.UnescapeDataString(random.Any(words))),
        };

    public static string Text(Random random, IReadOnlyList<string> words) => random.Chance(0.15) ? random.Any(OddTexts) : random.Any(words);

    public static string OddValue(Random random) => random.Any(OddValues);
}
