using System.Buffers.Binary;
using Dapr.DurableTask.Protobuf;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Dapr.Anomaly.Campaigns.Tests.Fuzz.Grpc;

/// <summary>
/// Makes gRPC requests to every method of the runtime but Shutdown: wrong messages, broken frames, odd headers, methods that are not there.
/// </summary>
internal static class GrpcRequests
{
    /// <summary>Methods that are answered when something happens, or never end.</summary>
    private static readonly IReadOnlySet<string> Waiting = new HashSet<string>(StringComparer.Ordinal)
    {
        "GetWorkItems",
        "WaitForInstanceStart",
        "WaitForInstanceCompletion",
        "StartInstance",
        "TerminateInstance",
        "SubscribeConfiguration",
        "SubscribeConfigurationAlpha1",
        "SubscribeTopicEventsAlpha1",
        "StartWorkflowAlpha1",
        "StartWorkflowBeta1",
    };

    private static readonly string[] Offered =
    [
        "State",
        "Publish",
        "Secret",
        "Configuration",
        "Lock",
        "Workflow",
        "Binding",
        "Metadata",
        "InvokeService",
        "SubscribeTopic",
    ];

    private static readonly IReadOnlyList<MethodDescriptor> Methods =
    [
        .. Client.Autogen.Grpc.v1.Dapr.Descriptor.Methods.Where(method => method.Name != "Shutdown"),
        // What the runtime has, more often.
        .. Enumerable
            .Repeat(
                Client.Autogen.Grpc.v1.Dapr.Descriptor.Methods.Where(method =>
                    Offered.Any(word => method.Name.Contains(word, StringComparison.Ordinal))
                ),
                4
            )
            .SelectMany(methods => methods),
        .. Enumerable.Repeat(TaskHubSidecarService.Descriptor.Methods, 6).SelectMany(methods => methods),
    ];

    private static readonly string[] ContentTypes =
    [
        "application/grpc+json",
        "application/grpc-web",
        "application/json",
        "text/plain",
        "",
        "application/grpc;x=y",
    ];

    private static readonly (string, string)[] OddHeaders =
    [
        ("grpc-timeout", "abc"),
        ("grpc-timeout", "-5S"),
        ("grpc-timeout", "99999999999H"),
        ("grpc-timeout", "1n"),
        ("grpc-timeout", "100m"),
        ("grpc-encoding", "gzip"),
        ("grpc-encoding", "odd"),
        ("grpc-accept-encoding", ","),
        ("x-bin", "!!!"),
        ("x-bin", "YQ"),
        ("dapr-app-id", "nobody"),
        ("dapr-app-id", "grpcapp"),
        ("dapr-app-id", "tested"),
        ("traceparent", "x"),
        ("grpc-trace-bin", "AAAA"),
        ("baggage", "=;"),
        ("te", "odd"),
        ("metadata.a", "b"),
        ("user-agent", "odd"),
        ("dapr-caller-app-id", "forged"),
    ];

    public static GrpcProbe Make(Random random, string? token)
    {
        var method = random.Any(Methods);
        var path = $"/{method.Service.FullName}/{method.Name}";
        if (random.Chance(0.02))
            path = random.Any([
                "/",
                "/x",
                "/x.Y/Z",
                "/dapr.proto.runtime.v1.Dapr/",
                "/dapr.proto.runtime.v1.Dapr/NoSuch",
                "/TaskHubSidecarService/QueryInstances",
                "/TaskHubSidecarService",
                "/dapr.proto.runtime.v1.AppCallback/OnInvoke",
                "/grpc.health.v1.Health/Check",
                "/a/b/c/d",
            ]);
        var headers = new List<(string, string)>();
        if (!random.Chance(0.02))
            headers.Add(("te", "trailers"));
        var hasToken = token is null || !random.Chance(0.1);
        if (token is not null && hasToken)
            headers.Add(("dapr-api-token", token));
        for (var more = random.Chance(0.2) ? random.Next(1, 3) : 0; more > 0; more--)
            headers.Add(random.Any(OddHeaders));
        if (random.Chance(0.005))
            headers.Add(("x-long", new string('y', random.Any([4000, 9000, 30_000]))));
        var waits =
            Waiting.Contains(method.Name)
            || (method.Name.EndsWith("Instance", StringComparison.Ordinal) && method.Name != "GetInstance")
            || headers.Exists(header => header.Item1 == "dapr-app-id");
        return new GrpcProbe(
            random.Chance(0.01) ? random.Any(["GET", "PUT", "DELETE"]) : "POST",
            path,
            random.Chance(0.02) ? random.Any(ContentTypes) : "application/grpc",
            Frames(random, method),
            headers,
            waits,
            hasToken
        );
    }

    private static byte[] Frames(Random random, MethodDescriptor method)
    {
        var frames = new List<byte>();
        for (
            var more =
                method.IsClientStreaming ? random.Next(1, 5)
                : random.Chance(0.03) ? random.Next(3)
                : 1;
            more > 0;
            more--
        )
            frames.AddRange(Frame(random, Payload(random, method.InputType)));
        return random.Chance(0.05) ? Mutation.Of(random, [.. frames]) : [.. frames];
    }

    private static byte[] Payload(Random random, MessageDescriptor type)
    {
        if (random.Chance(0.002))
            return new byte[5 << 20];
        var message = RandomMessage.Of(random, type).ToByteArray();
        return random.Next(10) switch
        {
            < 6 => message,
            < 9 => Mutation.Of(random, message),
            _ => Mutation.Rubbish(random, 60),
        };
    }

    /// <summary>A frame whose flag and length may lie.</summary>
    private static byte[] Frame(Random random, byte[] payload)
    {
        var frame = new byte[payload.Length + 5];
        var lies = random.Chance(0.06);
        frame[0] = lies ? (byte)random.Next(3) : (byte)0;
        BinaryPrimitives.WriteUInt32BigEndian(
            frame.AsSpan(1),
            lies ? random.Any([0u, 1u, (uint)payload.Length + 1, uint.MaxValue, 1u << 30, (uint)payload.Length]) : (uint)payload.Length
        );
        payload.CopyTo(frame, 5);
        return frame;
    }
}
