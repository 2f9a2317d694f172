using CsCheck;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;
using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.Hosting;

/// <summary>Every unary method of the Dapr service, given nothing or nonsense, answers with a status of its own; no handler breaks.</summary>
public sealed class MalformedGrpcTests
{
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create(bytes => bytes, bytes => bytes);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Methods =>
        [
            .. Dapr
                .Client.Autogen.Grpc.v1.Dapr.Descriptor.Methods.Where(method =>
                    !method.IsClientStreaming && !method.IsServerStreaming && !IsLeftOut(method)
                )
                .Select(method => method.Name),
        ];

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Call_EmptyOrRandomBytes_NeverBreaksTheHandler(string name)
    {
        await using var sidecar = await StartAsync(
            [
                Component("", "state.in-memory"),
                Component("p", "pubsub.in-memory"),
                Component("l", "lock.in-memory"),
                Component("v", "secretstores.local.env"),
                Component("c", "configuration.in-memory"),
            ],
            Token
        );
        using var channel = GrpcChannel.ForAddress(sidecar.Sidecar.GrpcEndpoint);
        var method = new Method<byte[], byte[]>(MethodType.Unary, Dapr.Client.Autogen.Grpc.v1.Dapr.Descriptor.FullName, name, Bytes, Bytes);
        await CallAsync(channel, method, []);
        await Gen.Byte.Array[0, 40].SampleAsync(bytes => CallAsync(channel, method, bytes), iter: 20, threads: 1);
    }

    private static async Task CallAsync(GrpcChannel channel, Method<byte[], byte[]> method, byte[] request)
    {
        using var call = channel.CreateCallInvoker().AsyncUnaryCall(method, null, new CallOptions(cancellationToken: Token), request);
        try
        {
            await call.ResponseAsync.WaitAsync(TimeSpan.FromSeconds(20), Token);
        }
        catch (RpcException error)
        {
            Assert.DoesNotContain("Exception was thrown by handler", error.Status.Detail);
        }
    }

    /// <summary>Starting a workflow waits for a worker, as in daprd; Shutdown ends the sidecar.</summary>
    private static bool IsLeftOut(MethodDescriptor method) =>
        method.Name.StartsWith("StartWorkflow", StringComparison.Ordinal) || method.Name == "Shutdown";
}
