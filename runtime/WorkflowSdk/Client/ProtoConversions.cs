using Dapr.DurableTask.Protobuf;
using Dapr.Workflow.Worker;
using Google.Protobuf.WellKnownTypes;

namespace Dapr.Workflow.Client;

/// <summary>Between the wire's types and the public ones.</summary>
internal static class ProtoConversions
{
    public static WorkflowTaskFailureDetails ToFailureDetails(TaskFailureDetails? details) =>
        details is null
            ? new WorkflowTaskFailureDetails("Exception", "Unknown error")
            : new WorkflowTaskFailureDetails(details.ErrorType, details.ErrorMessage, details.StackTrace) { IsNonRetriable = details.IsNonRetriable };

    public static TaskFailureDetails ToProto(Exception failure, bool isNonRetriable)
    {
        TaskFailureDetails details = new()
        {
            ErrorType = failure is NotRegisteredException { ErrorType: var type } ? type : failure.GetType().FullName ?? failure.GetType().Name,
            ErrorMessage = failure.Message,
            StackTrace = failure.StackTrace,
            IsNonRetriable = isNonRetriable,
        };
        if (failure.InnerException is { } inner)
            details.InnerFailure = ToProto(inner, isNonRetriable: false);
        else if (failure is WorkflowTaskFailedException { FailureDetails: var cause })
            details.InnerFailure = new TaskFailureDetails
            {
                ErrorType = cause.ErrorType,
                ErrorMessage = cause.ErrorMessage,
                StackTrace = cause.StackTrace,
            };
        return details;
    }

    /// <summary>UTC; an unspecified kind is taken as UTC, as workflow times are.</summary>
    public static Timestamp ToTimestamp(DateTime time) =>
        Timestamp.FromDateTime(
            time.Kind switch
            {
                DateTimeKind.Local => time.ToUniversalTime(),
                DateTimeKind.Unspecified => DateTime.SpecifyKind(time, DateTimeKind.Utc),
                _ => time,
            }
        );
}
