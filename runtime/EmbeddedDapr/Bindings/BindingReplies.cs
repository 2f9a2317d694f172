using Dapr.Embedded.Hosting;
using Dapr.Embedded.State;

namespace Dapr.Embedded.Bindings;

/// <summary>What an app may answer to a binding event: states to save, and data for output bindings (operation create).</summary>
internal sealed class BindingReplies(SidecarContext context, BindingAccess bindings)
{
    private readonly StateAccess state = new(context);

    public async Task ApplyAsync(
        string store,
        IReadOnlyList<StateItem> states,
        IReadOnlyList<string> to,
        byte[] data,
        bool parallel,
        CancellationToken cancellationToken
    )
    {
        if (store.Length > 0 && states.Count > 0)
            await state.SaveAsync(store, states, cancellationToken).ConfigureAwait(false);
        if (to.Count == 0)
            return;
        var request = new BindingRequest("create", data, new Dictionary<string, string>(), TraceContext.Zeros);
        if (parallel)
        {
            await Task.WhenAll(to.Select(name => bindings.InvokeAsync(name, request, cancellationToken))).ConfigureAwait(false);
            return;
        }
        foreach (var name in to)
            await bindings.InvokeAsync(name, request, cancellationToken).ConfigureAwait(false);
    }
}
