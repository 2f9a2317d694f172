using System.Threading.Channels;

namespace Dapr.Embedded.Workflows.Dispatch;

/// <summary>One GetWorkItems stream: what is out on it, and what still has to be written to it.</summary>
internal sealed class WorkerStream(string userAgent, bool keepsHistory = false)
{
    /// <summary>The npm worker drops what is beyond 110 outstanding items.</summary>
    private const int NpmItems = 100;

    private readonly Channel<OutgoingWorkItem> outgoing = Channel.CreateUnbounded<OutgoingWorkItem>(
        new UnboundedChannelOptions { SingleReader = true }
    );

    public ChannelReader<OutgoingWorkItem> Outgoing => outgoing.Reader;

    /// <summary>Instances whose turn is out here.</summary>
    public HashSet<LiveInstance> Turns { get; } = [];

    public HashSet<ActivityWork> Activities { get; } = [];

    /// <summary>This worker keeps the history of its instances between turns and takes turns that bring only what is new.</summary>
    public bool KeepsHistory => keepsHistory;

    public int Load => Turns.Count + Activities.Count;

    public bool HasRoom => Load < limit;

    /// <summary>This worker runs workflow code although the instance is suspended, unless the suspension is the last event it sees.</summary>
    public bool RunsWhileSuspended { get; } = userAgent.Contains("dapr-sdk-dotnet", StringComparison.OrdinalIgnoreCase);

    private readonly int limit = userAgent.Contains("dapr-js-sdk", StringComparison.OrdinalIgnoreCase) ? NpmItems : int.MaxValue;

    public void Send(OutgoingWorkItem item) => outgoing.Writer.TryWrite(item);

    public void Close() => outgoing.Writer.TryComplete();
}
