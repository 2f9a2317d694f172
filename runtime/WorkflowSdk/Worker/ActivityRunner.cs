using System.Diagnostics;
using System.Globalization;
using Dapr.Common.Serialization;
using Dapr.DurableTask.Protobuf;
using Dapr.Workflow.Abstractions;
using Dapr.Workflow.Client;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Workflow.Worker;

/// <summary>Runs activities, each in a service scope of its own, and answers them over whatever connection there is.</summary>
internal sealed class ActivityRunner(
    IWorkflowsFactory factory,
    IServiceScopeFactory scopes,
    IDaprSerializer serializer,
    TimeProvider time,
    Answers answers,
    int slots
)
{
    /// <summary>How long an answer is tried; a runtime that is away longer hands the activity out again.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromMinutes(2);

    private static readonly ActivitySource Tracing = new("Dapr.Workflow");

    private readonly Slots _slots = new(slots);
    private readonly InFlightActivities _inFlight = new();

    public async Task RunAsync(ActivityRequest request, string completionToken, CancellationToken streamToken)
    {
        var key = InFlightActivities.Key.Of(request);
        if (_inFlight.Begin(key, completionToken) is not { } first)
            return;
        var isEnded = false;
        try
        {
            await _slots.TakeAsync();
            try
            {
                // The stream was lost meanwhile: only a later delivery still wants the activity.
                if (streamToken.IsCancellationRequested && (isEnded = _inFlight.End(key, first)))
                    return;
                var response = await ExecuteAsync(request);
                while (!isEnded)
                {
                    var latest = _inFlight.Latest(key);
                    response.CompletionToken = latest.CompletionToken;
                    using CancellationTokenSource patience = new(AnswerTimeout, time);
                    await answers.SendAsync(response, patience.Token);
                    isEnded = _inFlight.End(key, latest);
                }
            }
            finally
            {
                _slots.GiveBack();
            }
        }
        finally
        {
            if (!isEnded)
                _inFlight.Abandon(key);
        }
    }

    private async Task<ActivityResponse> ExecuteAsync(ActivityRequest request)
    {
        ActivityResponse response = new() { InstanceId = request.WorkflowInstance?.InstanceId ?? "", TaskId = request.TaskId };
        using var trace = Trace(request);
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            if (!factory.TryCreateActivity(request.Name, scope.ServiceProvider, out var activity, out var activationError))
                throw activationError ?? NotRegisteredException.Activity(request.Name);
            var input = string.IsNullOrEmpty(request.Input) ? null : serializer.Deserialize(request.Input, activity.InputType);
            var output = await activity.RunAsync(new CallContext(request), input);
            response.Result = serializer.Serialize(output, output?.GetType());
        }
        catch (Exception failure)
        {
            trace?.SetStatus(ActivityStatusCode.Error, failure.Message);
            response.FailureDetails = ProtoConversions.ToProto(failure, isNonRetriable: false);
        }

        return response;
    }

    private static Activity? Trace(ActivityRequest request)
    {
        _ = ActivityContext.TryParse(request.ParentTraceContext?.TraceParent, request.ParentTraceContext?.TraceState, isRemote: true, out var parent);
        return Tracing
            .StartActivity($"activity {request.Name}", ActivityKind.Server, parent)
            ?.SetTag("dapr.workflow.instance_id", request.WorkflowInstance?.InstanceId);
    }

    private sealed class CallContext(ActivityRequest request) : WorkflowActivityContext
    {
        public override TaskIdentifier Identifier => request.Name;

        public override string TaskExecutionKey =>
            request.TaskExecutionId.Length > 0
                ? request.TaskExecutionId
                : string.Create(CultureInfo.InvariantCulture, $"{InstanceId}-{request.TaskId}");

        public override string InstanceId => request.WorkflowInstance?.InstanceId ?? "";
    }
}
