using Dapr.Anomaly.Cli.Evaluate.Protocols;

namespace Dapr.Anomaly.Cli.Evaluate;

/// <summary>Where the set of a protocol lies.</summary>
internal static class DataFolder
{
    /// <summary>The folder of the set within the data directory, or that directory itself where it is the set's.</summary>
    /// <exception cref="UserException">There is no such directory.</exception>
    public static string Of(string data, IProtocol protocol)
    {
        if (!Directory.Exists(data))
            throw new UserException($"--data {data}: no such directory", ExitCodes.BadConfiguration);
        var folder = Path.Combine(data, protocol.Folder);
        return Directory.Exists(folder) ? folder : data;
    }
}
