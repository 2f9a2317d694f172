using Dapr.DurableTask.Protobuf;
using Dapr.Embedded.Workflows.Dispatch;
using Dapr.Embedded.Workflows.Engine;
using Dapr.Embedded.Workflows.Shell;
using Dapr.Embedded.Workflows.Store;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Kind = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace Dapr.Embedded.Workflows.Remote;

/// <summary>What other sidecars ask of this one: take a message, run an activity.</summary>
internal static class RemoteRoutes
{
    public static void Map(IEndpointRouteBuilder routes, WorkflowHost host)
    {
        routes.MapPost(RemoteApps.MessagePath, (RequestDelegate)(http => ReadAsync(http, () => TakeMessageAsync(http, host))));
        routes.MapPost(RemoteApps.ActivityPath, (RequestDelegate)(http => ReadAsync(http, () => RunActivityAsync(http, host))));
    }

    /// <summary>What cannot be read goes no further: kept, it would fail each time that the engine meets it.</summary>
    private static async Task ReadAsync(HttpContext http, Func<Task> take)
    {
        try
        {
            await take().ConfigureAwait(false);
        }
        catch (Exception error) when (error is InvalidProtocolBufferException or FormatException && !http.Response.HasStarted)
        {
            http.Response.StatusCode = StatusCodes.Status400BadRequest;
            await http.Response.WriteAsync(error.Message, http.RequestAborted).ConfigureAwait(false);
        }
    }

    /// <summary>Answers, once the message is on disk, with what its sender's instance is to be told at once.</summary>
    private static async Task TakeMessageAsync(HttpContext http, WorkflowHost host)
    {
        var message = RecordCodec.Open(WorkflowRequest.Parser.ParseFrom(await BodyAsync(http).ConfigureAwait(false)));
        var core = host.Engine.Core;
        Task durable;
        var commit = new Commit(core);
        lock (core.Gate)
        {
            var repeated =
                message.Event.EventTypeCase == Kind.EventRaised
                && core.Table.Find(message.Instance) is { } live
                && Receive.IsRepeated(live.State, message.Event);
            if (!repeated)
                commit.Deliver([message]);
            durable = core.Enqueue(commit);
            core.Dispatcher.Pump();
        }
        await durable.ConfigureAwait(false);
        await http.Response.Body.WriteAsync(RecordCodec.WriteMessages(commit.Answers), http.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Hands the activity to a worker of this app and answers with its result; the caller asks again when the connection breaks.</summary>
    private static async Task RunActivityAsync(HttpContext http, WorkflowHost host)
    {
        var request = ActivityRequest.Parser.ParseFrom(await BodyAsync(http).ConfigureAwait(false));
        if (request.WorkflowInstance is null)
            throw new FormatException($"activity {request.Name} names no workflow instance");
        var core = host.Engine.Core;
        var caller = new TaskCompletionSource<ActivityResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
        var work = new ActivityWork(request, 0) { Caller = caller };
        lock (core.Gate)
        {
            core.Dispatcher.Queue(work);
            core.Dispatcher.Pump();
        }
        using var gone = http.RequestAborted.Register(() => caller.TrySetCanceled());
        try
        {
            var answer = await caller.Task.ConfigureAwait(false);
            await http.Response.Body.WriteAsync(answer.ToByteArray(), http.RequestAborted).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            lock (core.Gate)
                work.Cancelled = true;
        }
    }

    private static async Task<byte[]> BodyAsync(HttpContext http)
    {
        using var buffer = new MemoryStream();
        await http.Request.Body.CopyToAsync(buffer, http.RequestAborted).ConfigureAwait(false);
        return buffer.ToArray();
    }
}
