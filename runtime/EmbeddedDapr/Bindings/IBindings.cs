using Dapr.Embedded.Components;

namespace Dapr.Embedded.Bindings;

/// <summary>A call of an output binding.</summary>
internal sealed record BindingRequest(string Operation, ReadOnlyMemory<byte> Data, IReadOnlyDictionary<string, string> Metadata, string TraceParent);

/// <summary>The answer of an output binding; without data the API answers 204.</summary>
internal sealed record BindingAnswer(byte[]? Data, IReadOnlyDictionary<string, string> Metadata)
{
    public static BindingAnswer Nothing { get; } = new(null, new Dictionary<string, string>());

    public static BindingAnswer Of(byte[] data) => new(data, new Dictionary<string, string>());
}

/// <summary>A binding could not do what was asked; the metadata goes out with the error.</summary>
internal sealed class BindingException(string message, Exception? cause = null) : Exception(message, cause)
{
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}

/// <summary>A binding that is called.</summary>
internal interface IOutputBinding : IComponent
{
    IReadOnlyList<string> Operations { get; }

    /// <exception cref="BindingException">The operation failed.</exception>
    Task<BindingAnswer> InvokeAsync(BindingRequest request, CancellationToken cancellationToken);
}

/// <summary>An event of an input binding.</summary>
internal sealed record BindingEvent(ReadOnlyMemory<byte> Data, IReadOnlyDictionary<string, string> Metadata);

/// <summary>A binding that calls the app.</summary>
internal interface IInputBinding : IComponent
{
    /// <summary>Produces events until cancelled; <paramref name="deliver"/> does not throw for what the app answers.</summary>
    Task RunAsync(Func<BindingEvent, CancellationToken, Task> deliver, CancellationToken cancellationToken);
}
