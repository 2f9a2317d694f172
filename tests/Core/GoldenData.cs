using System.Globalization;
using System.Text.Json;

namespace Dapr.Anomaly.Core.Tests;

/// <summary>Reference values: small files are copied beside the tests, large ones lie in the folder that ANOMALY_DATA names.</summary>
internal static class GoldenData
{
    /// <summary>A file of the folder ANOMALY_DATA; the test is skipped where the variable is not set.</summary>
    public static string Large(string relativePath)
    {
        var root = Environment.GetEnvironmentVariable("ANOMALY_DATA");
        Assert.SkipWhen(string.IsNullOrEmpty(root), $"ANOMALY_DATA is not set: this test reads {relativePath} from the folder it names");
        return Path.Combine(root!, relativePath);
    }

    /// <summary>A file copied to the output of the tests.</summary>
    public static string Small(string relativePath) => Path.Combine(AppContext.BaseDirectory, relativePath);

    public static JsonElement LargeJson(string relativePath) => JsonDocument.Parse(File.ReadAllBytes(Large(relativePath))).RootElement;

    /// <summary>Numbers of a JSON array; null is NaN, infinities are strings.</summary>
    public static double[] Numbers(this JsonElement array) => [.. array.EnumerateArray().Select(Number)];

    public static double Number(this JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.Null => double.NaN,
            JsonValueKind.String => double.Parse(element.GetString()!, CultureInfo.InvariantCulture),
            _ => element.GetDouble(),
        };

    public static double Number(this JsonElement element, string property) => element.GetProperty(property).Number();

    /// <summary>UTC text such as <c>2026-01-01 00:00:00</c> as epoch seconds.</summary>
    public static double EpochSeconds(string text) =>
        (DateTimeOffset.Parse(text.Trim('"'), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal) - DateTimeOffset.UnixEpoch).TotalSeconds;
}
