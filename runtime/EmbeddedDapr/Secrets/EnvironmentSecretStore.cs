using System.Collections;

namespace Dapr.Embedded.Secrets;

/// <summary>
/// secretstores.local.env: environment variables, with metadata prefix only those that begin with it. An unset one is the empty text.
/// </summary>
internal sealed class EnvironmentSecretStore(string prefix) : ISecretStore
{
    public IReadOnlyList<string> Capabilities => [];

    public Task<IReadOnlyDictionary<string, string>> GetAsync(string name, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, string>>(
            new Dictionary<string, string> { [name] = IsPrivate(prefix + name) ? "" : Environment.GetEnvironmentVariable(prefix + name) ?? "" }
        );

    public Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> GetAllAsync(CancellationToken cancellationToken)
    {
        var all = new Dictionary<string, IReadOnlyDictionary<string, string>>();
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            var name = (string)variable.Key;
            if (!name.StartsWith(prefix, StringComparison.Ordinal) || IsPrivate(name))
                continue;
            var shown = name[prefix.Length..];
            all[shown] = new Dictionary<string, string> { [shown] = (string?)variable.Value ?? "" };
        }
        return Task.FromResult<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>>(all);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>The tokens of the runtime itself are never handed out.</summary>
    private static bool IsPrivate(string variable) => variable.ToUpperInvariant() is "APP_API_TOKEN" or "DAPR_API_TOKEN";
}
