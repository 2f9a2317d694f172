using System.Text.RegularExpressions;

namespace Dapr.Conformance.Tests.Transcripts;

/// <summary>Recorded cases that cannot be replayed from their exchanges alone; each has a test of its own or a case of the probe.</summary>
internal static class LeftOut
{
    private static readonly (Regex Cases, string Why)[] All =
    [
        (new Regex("^start$"), "the answers to start-up calls"),
        (new Regex("^(sdk|grpc|grpc-errors|grpc-app|input-bindings)/"), "only one side of what the npm SDK, gRPC or a schedule did"),
        (new Regex("^bulk/bulk subscriber"), "how many entries come in one request depends on the moment"),
        (new Regex("a streamed answer arrives"), "the app's side of a streamed answer is not recorded"),
        (new Regex("an answer without content type"), "Go's server guesses a content type where the app gave none"),
        (new Regex("forged dapr-caller-app-id"), "daprd lets forged names through beside the true one; nobody should copy it"),
        (new Regex("a bad baggage header"), "the plain text is the wording of a Go library"),
        (new Regex("^resiliency/(timeout|circuit)"), "the pauses between the exchanges are not recorded"),
    ];

    public static string? Reason(string recordedCase) => All.FirstOrDefault(each => each.Cases.IsMatch(recordedCase)).Why;
}
