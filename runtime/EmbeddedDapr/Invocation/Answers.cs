using System.Globalization;
using Dapr.Embedded.Resiliency;

namespace Dapr.Embedded.Invocation;

/// <summary>Tells answers of an app from failures.</summary>
internal static class Answers
{
    /// <summary>An answer that is no 2xx counts as a failure for retries and breakers, and is passed on all the same.</summary>
    public static Attempt<HttpResponseMessage> Judge(HttpResponseMessage answer)
    {
        if (answer.IsSuccessStatusCode)
            return answer;
        var grpc =
            answer.Headers.TryGetValues(HeaderRules.GrpcStatus, out var values)
            && int.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var code)
                ? code
                : (int?)null;
        var status = (int)answer.StatusCode;
        return new(answer, new Failure($"the app answered {status}", HttpStatus: grpc is null ? status : null, GrpcStatus: grpc));
    }
}
