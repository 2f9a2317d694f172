using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Dapr.Conformance.Tests.Fixture;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;
using Autogen = Dapr.Client.Autogen.Grpc.v1;

namespace Dapr.Conformance.Tests.Transcripts;

/// <summary>Every recorded unary gRPC call is made again; the answer, or status and error details, must be what daprd 1.18.2 gave.</summary>
public class GrpcReplayTests(DaprFixture dapr) : ConformanceTest(dapr)
{
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create<byte[]>(each => each, each => each);

    /// <summary>Where daprd had its state in SQLite it had configuration and locks in Redis, which the suite has not.</summary>
    private static readonly Lazy<ILookup<string, JsonNode>> Recorded = new(() =>
        Transcript
            .Cases("grpc.jsonl", name => !Regex.IsMatch(name, "configuration|lock", RegexOptions.IgnoreCase))
            .SelectMany(each => each.Select(line => (each.Key, Line: line)))
            .Where(each => (string)each.Line["direction"]! == "to_dapr")
            .ToLookup(each => each.Key, each => each.Line)
    );

    public static IEnumerable<TheoryDataRow<string>> Cases => Transcript.Rows(Recorded.Value.Select(each => each.Key));

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Daprd_does_the_same(string recordedCase)
    {
        using var channel = GrpcChannel.ForAddress(Dapr.Sidecar.Grpc, Dapr.GrpcOptions());
        var invoker = channel.CreateCallInvoker();
        Dictionary<string, string> etags = [];
        string[] attributes =
        [
            .. Recorded
                .Value[recordedCase]
                .Where(line => ((string)line["method"]!).EndsWith("/SetMetadata", StringComparison.Ordinal))
                .Select(line => (string)line["request"]!["key"]!),
        ];
        foreach (var line in Recorded.Value[recordedCase])
            await CallAsync(invoker, line, etags, attributes);
    }

    private static async Task CallAsync(CallInvoker invoker, JsonNode line, Dictionary<string, string> etags, string[] attributes)
    {
        var parts = ((string)line["method"]!).Split('/');
        var method = Autogen.Dapr.Descriptor.FindMethodByName(parts[2]);
        var text = etags.Aggregate(line["request"]!.ToJsonString(), (so, each) => so.Replace(each.Key, each.Value, StringComparison.Ordinal));
        var request = JsonParser.Default.Parse(text, method.InputType).ToByteArray();
        Method<byte[], byte[]> call = new(MethodType.Unary, parts[1], parts[2], Bytes, Bytes);
        var recorded = line["response"]!;
        try
        {
            var answer = await invoker.AsyncUnaryCall(call, null, new CallOptions(cancellationToken: Cancellation), request);
            Assert.True(recorded["code"] is null, $"{parts[2]} succeeded, recorded was {recorded["code"]} {recorded["message"]}");
            CompareAnswer(parts[2], recorded["message"]!, method.OutputType, answer, etags, attributes);
        }
        catch (RpcException failure) when (recorded["code"] is not null)
        {
            Assert.Equal((string)recorded["code"]!, failure.StatusCode.ToString());
            Assert.Equal(Details(recorded["details"]), Details(failure));
        }
    }

    private static void CompareAnswer(
        string method,
        JsonNode recorded,
        MessageDescriptor type,
        byte[] answer,
        Dictionary<string, string> etags,
        string[] attributes
    )
    {
        // Both sides through the message class: defaults are left out and bytes are written in one way.
        var expected = JsonFormatter.Default.Format(JsonParser.Default.Parse(recorded.ToJsonString(), type));
        var seen = JsonFormatter.Default.Format(type.Parser.ParseFrom(answer));
        // What the app answers is not recorded with the call, so what is passed through from it is not compared.
        var fromApp = method is "InvokeService" or "InvokeBinding";
        BodyComparison compared = new(
            name =>
                name is "etag" or "ttlExpireTime" or "id" or "registeredComponents" or "subscriptions" || (fromApp && name is "data" or "metadata"),
            attributes
        );
        Assert.True(
            compared.Difference(expected, Encoding.UTF8.GetBytes(seen)) is null,
            $"{method}: {compared.Difference(expected, Encoding.UTF8.GetBytes(seen))}"
        );
        foreach (var (old, now) in compared.Etags)
            etags[old] = now;
    }

    /// <summary>The kinds of details, with the reason where there is one; texts are for humans.</summary>
    private static string[] Details(JsonNode? recorded) =>
        [
            .. (recorded?.AsArray() ?? [])
                .Select(each => Detail((string)each!["type"]!, Convert.FromBase64String((string)each["base64"]!)))
                .Order(StringComparer.Ordinal),
        ];

    private static string[] Details(RpcException failure) =>
        [
            .. (failure.GetRpcStatus()?.Details ?? [])
                .Select(each => Detail(each.TypeUrl.Split('/')[^1], each.Value.ToByteArray()))
                .Order(StringComparer.Ordinal),
        ];

    private static string Detail(string type, byte[] value) =>
        type == Google.Rpc.ErrorInfo.Descriptor.FullName ? $"{type} {Google.Rpc.ErrorInfo.Parser.ParseFrom(value).Reason}" : type;
}
