using System.Text.RegularExpressions;

namespace Dapr.Anomaly.Platform.Registry.Mlflow;

/// <summary>MLflow's limits: keys of 250 characters from a small alphabet, and values that are cut without a word beyond a length.</summary>
internal static partial class MlflowNames
{
    private const int KeyLength = 250;
    private const int ParameterLength = 6000;
    private const int TagLength = 8000;

    public static string Key(string key)
    {
        var clean = string.Join(
            '/',
            Foreign().Replace(key, "_").Split('/', StringSplitOptions.RemoveEmptyEntries).Select(part => part is "." or ".." ? "_" : part)
        );
        return clean.Length > KeyLength ? clean[..KeyLength]
            : clean.Length == 0 ? "_"
            : clean;
    }

    public static string Parameter(string value) => Cut(value, ParameterLength);

    public static string Tag(string value) => Cut(value, TagLength);

    /// <summary>A LoggedModel's name: none of <c>/ : . % " '</c>.</summary>
    public static string LoggedModel(string name) => ForeignInModel().Replace(name, "-");

    // Shows that something is missing, unlike the server's own cut.
    private static string Cut(string value, int length) => value.Length > length ? value[..(length - 1)] + "…" : value;

    [GeneratedRegex("[^A-Za-z0-9_\\-. /:]")]
    private static partial Regex Foreign();

    [GeneratedRegex("[/:.%\"']")]
    private static partial Regex ForeignInModel();
}
