using Dapr.DurableTask.Protobuf;
using Dapr.Embedded.Workflows.Engine;
using Google.Protobuf.WellKnownTypes;

namespace EmbeddedDapr.Tests.Workflows.Engine;

public sealed class ReceiveTests
{
    [Fact]
    public void An_event_of_the_same_name_and_time_is_the_same_event_wherever_it_waits_and_until_history_begins_again()
    {
        var state = new InstanceState("w");
        state.Apply(LogRecord.Received(Starts.Event("w", "W", null, null, null, "a", At(1), "run")));
        state.Apply(LogRecord.Received(Raised("go", 5)));
        Assert.True(Receive.IsRepeated(state, Raised("go", 5)));
        Assert.False(Receive.IsRepeated(state, Raised("go", 6)));
        Assert.False(Receive.IsRepeated(state, Raised("stop", 5)));

        state.Apply(
            new LogRecord(
                RecordKind.Turn,
                FramedEvent.Of([
                    new HistoryEvent
                    {
                        EventId = -1,
                        Timestamp = At(7),
                        WorkflowStarted = new WorkflowStartedEvent(),
                    },
                ]),
                Taken: 2
            )
        );
        state.Apply(LogRecord.Received(Raised("go", 6)));
        Assert.True(Receive.IsRepeated(state, Raised("go", 5)));
        Assert.True(Receive.IsRepeated(state, Raised("go", 6)));

        var kept = Raised("kept", 8);
        var start = Starts.Event("w", "W", null, null, null, "a", At(9), "run-2");
        state.Apply(new LogRecord(RecordKind.Generation, FramedEvent.Of([start, kept]), 2));
        Assert.False(Receive.IsRepeated(state, Raised("go", 5)));
        Assert.True(Receive.IsRepeated(state, Raised("kept", 8)));
    }

    private static HistoryEvent Raised(string name, long seconds) =>
        new()
        {
            EventId = -1,
            Timestamp = At(seconds),
            EventRaised = new EventRaisedEvent { Name = name },
        };

    private static Timestamp At(long seconds) => new() { Seconds = seconds };
}
