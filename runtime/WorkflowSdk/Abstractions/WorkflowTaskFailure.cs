namespace Dapr.Workflow;

/// <summary>What is known of a failed workflow, activity or child, possibly from another language.</summary>
public class WorkflowTaskFailureDetails
{
    /// <summary>Details of a failure.</summary>
    public WorkflowTaskFailureDetails(string errorType, string errorMessage, string? stackTrace = null)
    {
        ErrorType = errorType;
        ErrorMessage = errorMessage;
        StackTrace = stackTrace;
    }

    /// <summary>The full name of the exception's type; the class name alone where the worker is not a .NET one.</summary>
    public string ErrorType { get; }

    /// <summary>The exception's message.</summary>
    public string ErrorMessage { get; }

    /// <summary>The stack trace, where the worker sent one.</summary>
    public string? StackTrace { get; }

    /// <summary>The failed side says that another attempt is useless.</summary>
    internal bool IsNonRetriable { get; init; }

    /// <summary>Whether the failure was an exception of type <typeparamref name="T"/> or of one derived from it.</summary>
    public bool IsCausedBy<T>()
        where T : Exception
    {
        if (ErrorType == typeof(T).FullName)
            return true;
        var seen = Type.GetType(ErrorType, throwOnError: false) ?? typeof(T).Assembly.GetType(ErrorType, throwOnError: false);
        foreach (var assembly in AppDomain.CurrentDomain.GetAssemblies())
        {
            if (seen is not null)
                break;
            seen = assembly.GetType(ErrorType, throwOnError: false);
        }

        return seen is not null && typeof(T).IsAssignableFrom(seen);
    }

    /// <summary>Type and message.</summary>
    public override string ToString() => $"{ErrorType}: {ErrorMessage}";
}

/// <summary>An activity or a child workflow failed.</summary>
public class WorkflowTaskFailedException : Exception
{
    /// <summary>A failure with what is known of it.</summary>
    public WorkflowTaskFailedException(string message, WorkflowTaskFailureDetails failureDetails)
        : base(message)
    {
        ArgumentNullException.ThrowIfNull(failureDetails);
        FailureDetails = failureDetails;
    }

    /// <summary>What is known of the failure.</summary>
    public WorkflowTaskFailureDetails FailureDetails { get; }
}
