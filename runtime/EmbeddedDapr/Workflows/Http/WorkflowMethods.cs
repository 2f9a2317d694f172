using System.Globalization;
using Dapr.Client.Autogen.Grpc.v1;
using Dapr.Embedded.Errors;
using Dapr.Embedded.Hosting;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Dapr.Embedded.Workflows.Http;

/// <summary>The workflow methods of the Dapr gRPC service, which mirror the HTTP API.</summary>
internal static class WorkflowMethods
{
    private const string StartTime = "dapr.workflow.start_time";

    public static void Map(GrpcMethods methods, WorkflowApi api)
    {
        foreach (var version in new[] { "Beta1", "Alpha1" })
        {
            methods.Unary<StartWorkflowRequest, StartWorkflowResponse>(
                $"StartWorkflow{version}",
                async (request, call) =>
                {
                    Need(request.WorkflowName, "ERR_WORKFLOW_NAME_MISSING", "workflow name is not configured");
                    var id = await api.StartAsync(
                            request.WorkflowName,
                            request.InstanceId,
                            request.Input.ToStringUtf8(),
                            StartAt(request),
                            call.CancellationToken
                        )
                        .ConfigureAwait(false);
                    return new StartWorkflowResponse { InstanceId = id };
                }
            );
            methods.Unary<GetWorkflowRequest, GetWorkflowResponse>($"GetWorkflow{version}", (request, _) => Task.FromResult(Get(api, request)));
            methods.Unary<RaiseEventWorkflowRequest, Empty>(
                $"RaiseEventWorkflow{version}",
                (request, call) =>
                {
                    Need(request.EventName, "ERR_WORKFLOW_EVENT_NAME_MISSING", "missing workflow event name");
                    return DoneAsync(
                        request.InstanceId,
                        () => api.RaiseAsync(request.InstanceId, request.EventName, request.EventData.ToStringUtf8(), call.CancellationToken)
                    );
                }
            );
            methods.Unary<TerminateWorkflowRequest, Empty>(
                $"TerminateWorkflow{version}",
                (request, call) => DoneAsync(request.InstanceId, () => api.TerminateAsync(request.InstanceId, call.CancellationToken))
            );
            methods.Unary<PauseWorkflowRequest, Empty>(
                $"PauseWorkflow{version}",
                (request, call) => DoneAsync(request.InstanceId, () => api.PauseAsync(request.InstanceId, call.CancellationToken))
            );
            methods.Unary<ResumeWorkflowRequest, Empty>(
                $"ResumeWorkflow{version}",
                (request, call) => DoneAsync(request.InstanceId, () => api.ResumeAsync(request.InstanceId, call.CancellationToken))
            );
            methods.Unary<PurgeWorkflowRequest, Empty>(
                $"PurgeWorkflow{version}",
                (request, call) => DoneAsync(request.InstanceId, () => api.PurgeAsync(request.InstanceId, call.CancellationToken))
            );
        }
    }

    private static GetWorkflowResponse Get(WorkflowApi api, GetWorkflowRequest request)
    {
        NeedId(request.InstanceId);
        var view = api.Get(request.InstanceId);
        var response = new GetWorkflowResponse
        {
            InstanceId = view.InstanceId,
            WorkflowName = view.Start.ExecutionStarted.Name,
            CreatedAt = view.Start.Timestamp,
            LastUpdatedAt = view.LastUpdated,
            RuntimeStatus = WorkflowProperties.Status(view),
        };
        foreach (var (name, value) in WorkflowProperties.Of(view))
            response.Properties[name] = value;
        return response;
    }

    private static async Task<Empty> DoneAsync(string instanceId, Func<Task> call)
    {
        NeedId(instanceId);
        await call().ConfigureAwait(false);
        return new Empty();
    }

    private static Timestamp? StartAt(StartWorkflowRequest request)
    {
        if (!request.Options.TryGetValue(StartTime, out var text))
            return null;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? Timestamp.FromDateTimeOffset(at)
            : throw new DaprApiException(500, StatusCode.Internal, "ERR_START_WORKFLOW", $"option {StartTime}: '{text}' is no RFC 3339 time");
    }

    private static void NeedId(string instanceId) => Need(instanceId, "ERR_INSTANCE_ID_PROVIDED_MISSING", "no instance ID was provided");

    private static void Need(string value, string errorCode, string message)
    {
        if (value.Length == 0)
            throw new DaprApiException(400, StatusCode.InvalidArgument, errorCode, message);
    }
}
