namespace Dapr.Anomaly.Platform.Configuration;

internal static class ConfigurationFile
{
    /// <returns>The text, or why there is none.</returns>
    public static (string? Text, ConfigurationError? Error) Read(string path)
    {
        try
        {
            return (File.ReadAllText(path), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, new(new(path), e is FileNotFoundException or DirectoryNotFoundException ? "no such file" : e.Message));
        }
    }
}
