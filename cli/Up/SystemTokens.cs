using System.Collections.Concurrent;
using System.Security.Cryptography;
using Dapr.Anomaly.Platform.Hosting;

namespace Dapr.Anomaly.Cli.Up;

/// <summary>
/// The tokens of one start of the system, new each time: each sidecar and each service has its own, so that the one that is told to people and
/// programs (<see cref="Session"/>) opens the trainer's sidecar and nothing else. DAPR_API_TOKEN and APP_API_TOKEN of the environment are used for
/// all instead, as everywhere in Dapr.
/// </summary>
public sealed class SystemTokens
{
    public const string ApiTokenKey = "DAPR_API_TOKEN";
    public const string AppTokenKey = AnomalyApp.AppTokenKey;

    private readonly ConcurrentDictionary<string, AppTokens> _tokens = [];
    private readonly (string? Api, string? App) _given;

    private SystemTokens(Func<string, string?> environment)
    {
        _given = (Given(ApiTokenKey), Given(AppTokenKey));
        Console = Given(AnomalyApp.ConsoleTokenKey) ?? New();

        string? Given(string key) => environment(key) is { Length: > 0 } token ? token : null;
    }

    /// <summary>Opens what the console shows.</summary>
    public string Console { get; }

    public AppTokens Of(string appId) => _tokens.GetOrAdd(appId, _ => new(_given.Api ?? New(), _given.App ?? New()));

    public static SystemTokens Create(Func<string, string?> environment) => new(environment);

    /// <summary>The token comes after the #, which no browser sends and no log shows.</summary>
    public static Uri PageOf(Uri console, string token) => new(console, $"#token={token}");

    private static string New() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
}

/// <param name="Api">What callers of the app's sidecar send.</param>
/// <param name="App">What the sidecar sends to the app.</param>
public sealed record AppTokens(string Api, string App);
