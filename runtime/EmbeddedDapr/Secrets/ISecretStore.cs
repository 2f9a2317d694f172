using Dapr.Embedded.Components;

namespace Dapr.Embedded.Secrets;

/// <summary>A source of secrets. A secret is a set of values by key; single-valued secrets repeat the name as key.</summary>
internal interface ISecretStore : IComponent
{
    /// <summary>The values of a secret.</summary>
    /// <exception cref="KeyNotFoundException">There is no such secret.</exception>
    Task<IReadOnlyDictionary<string, string>> GetAsync(string name, CancellationToken cancellationToken);

    Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> GetAllAsync(CancellationToken cancellationToken);

    /// <summary>One value of a secret, null when either is missing.</summary>
    async Task<string?> FindAsync(string name, string key, CancellationToken cancellationToken)
    {
        try
        {
            return (await GetAsync(name, cancellationToken).ConfigureAwait(false)).GetValueOrDefault(key);
        }
        catch (KeyNotFoundException)
        {
            return null;
        }
    }
}
