using Dapr.Embedded.PubSub.Brokers;
using Dapr.Embedded.PubSub.Events;
using Dapr.Embedded.PubSub.Subscriptions;

namespace Dapr.Embedded.PubSub.Delivery;

/// <summary>What the subscriber made of an event.</summary>
internal enum Verdict
{
    /// <summary>Taken.</summary>
    Success,

    /// <summary>Not wanted: to the dead letter topic, never again.</summary>
    Drop,

    /// <summary>To be tried again; when tries end, to the dead letter topic or back to the broker.</summary>
    Retry,

    /// <summary>The app does not take events at all: settled without a dead letter.</summary>
    Ignored,
}

/// <summary>One message on its way through the pipeline; the steps fill it in.</summary>
internal sealed class EventDelivery(Subscription subscription, QueuedMessage message) : IDisposable
{
    public Subscription Subscription => subscription;

    public QueuedMessage Message => message;

    /// <summary>Id of the entry in a bulk delivery, the same for each try.</summary>
    public string EntryId { get; } = Guid.NewGuid().ToString();

    /// <summary>Set by the first step.</summary>
    public ReceivedEvent Event { get; set; } = null!;

    /// <summary>Set by the step that routes.</summary>
    public string Path { get; set; } = "";

    /// <summary>The exported span of the try under way; null when there is none.</summary>
    public string? Span { get; set; }

    /// <summary>Why the event was not taken, for the log.</summary>
    public string Reason { get; set; } = "";

    public void Dispose() => Event?.Dispose();
}
