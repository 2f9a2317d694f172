using System.Diagnostics;
using Dapr.Anomaly.Campaigns.Tests.Fuzz.Grpc;
using Dapr.Anomaly.Campaigns.Tests.Fuzz.Http;

namespace Dapr.Anomaly.Campaigns.Tests.Fuzz;

/// <summary>One client's connections to the ports of a runtime.</summary>
internal sealed class RuntimeLinks(FuzzedRuntime runtime, string internalToken, Findings findings, TimeSpan patience) : IDisposable
{
    private static readonly string[] InternalPaths =
    [
        "/workflows/message",
        "/workflows/activity",
        "/invoke/on",
        "/invoke/%zz",
        "/proxy/a/b",
        "/",
        "/x",
    ];

    private readonly HttpLink http = new(runtime.HttpPort);
    private readonly HttpLink open = new(runtime.PublicPort);
    private readonly GrpcLink grpc = new(runtime.GrpcPort);
    private readonly GrpcLink between = new(runtime.InternalPort);

    /// <summary>Makes a request and judges its answer.</summary>
    public async Task SendAsync(int number, Random random, CancellationToken cancellationToken)
    {
        var begun = Stopwatch.GetTimestamp();
        object request = "";
        try
        {
            var kind = random.Next(100) switch
            {
                < 55 => await HttpAsync(HttpRequests.Make(random, runtime.Token), probe => request = probe, cancellationToken),
                < 57 => await OpenAsync(HttpRequests.Make(random, runtime.Token), probe => request = probe, cancellationToken),
                < 94 => await GrpcAsync(GrpcRequests.Make(random, runtime.Token), probe => request = probe, cancellationToken),
                < 96 => await BetweenAsync(random, probe => request = probe, cancellationToken),
                _ => await RawAsync(random, bytes => request = Convert.ToHexString(bytes), cancellationToken),
            };
            findings.Add(kind, Stopwatch.GetElapsedTime(begun));
        }
        catch (FormatException) when (request is HttpProbe { IsHttp: false })
        {
            findings.Add("HTTP: no HTTP for no HTTP", Stopwatch.GetElapsedTime(begun));
        }
        catch (Exception wrong) when (wrong is OracleException or TimeoutException or FormatException or HttpRequestException)
        {
            findings.AddWrong(
                number,
                $"{runtime.AppId}: {wrong.Message}{(wrong is HttpRequestException ? $" {wrong.InnerException?.Message}" : "")}",
                request
            );
        }
    }

    public void Dispose()
    {
        http.Dispose();
        open.Dispose();
        grpc.Dispose();
        between.Dispose();
    }

    private async Task<string> HttpAsync(HttpProbe probe, Action<HttpProbe> tell, CancellationToken cancellationToken)
    {
        tell(probe);
        var answer = await http.AskAsync(probe, patience, cancellationToken);
        if (answer is null)
            return !probe.IsHttp ? "HTTP closed" : throw new OracleException("a whole request was not answered");
        return "HTTP " + HttpOracle.Judge(probe, answer, runtime.Token is not null);
    }

    /// <summary>The port for probes has no token and few routes.</summary>
    private async Task<string> OpenAsync(HttpProbe probe, Action<HttpProbe> tell, CancellationToken cancellationToken)
    {
        tell(probe);
        var answer = await open.AskAsync(probe, patience, cancellationToken);
        if (answer is null)
            return !probe.IsHttp ? "public closed" : throw new OracleException("a whole request to the public port was not answered");
        if (answer is { Status: 404, Body: "404 page not found\n" } || (answer.Status == 404 && probe.Verb == "HEAD"))
            return "public text 404";
        return "public " + HttpOracle.Judge(probe, answer, needsToken: false);
    }

    private async Task<string> GrpcAsync(GrpcProbe probe, Action<GrpcProbe> tell, CancellationToken cancellationToken)
    {
        tell(probe);
        return await grpc.AskAsync(probe, patience, cancellationToken) is { } answer
            ? "gRPC " + GrpcOracle.Judge(probe, answer, runtime.Token is not null)
            : "gRPC given up by the caller";
    }

    /// <summary>What other sidecars say has no form that is documented: it must not crash or hang the runtime.</summary>
    private async Task<string> BetweenAsync(Random random, Action<GrpcProbe> tell, CancellationToken cancellationToken)
    {
        var probe = GrpcRequests.Make(random, null);
        probe = probe with
        {
            Path = random.Any(InternalPaths),
            Headers = [.. probe.Headers, ("dapr-embedded-token", random.Chance(0.8) ? internalToken : "x")],
            Waits = true,
            Verb = "POST",
        };
        if (probe.Path.StartsWith("/workflows", StringComparison.Ordinal))
            probe = probe with
            {
                Body =
                    RandomMessage.Of(
                        random,
                        (
                            probe.Path.EndsWith("message", StringComparison.Ordinal)
                                ? DurableTask.Protobuf.WorkflowRequest.Descriptor
                                : DurableTask.Protobuf.ActivityRequest.Descriptor
                        )
                    )
                        is var message
                    && random.Chance(0.6)
                        ? Google.Protobuf.MessageExtensions.ToByteArray(message)
                        : Mutation.Rubbish(random, 100),
            };
        tell(probe);
        return await between.AskAsync(probe, patience, cancellationToken) is { } answer
            ? $"internal {answer.HttpStatus}"
            : "internal given up by the caller";
    }

    private async Task<string> RawAsync(Random random, Action<byte[]> tell, CancellationToken cancellationToken)
    {
        var bytes = RawBytes.Make(random);
        tell(bytes);
        await RawBytes.SendAsync(random.Any(runtime.Ports), bytes, patience, cancellationToken);
        return "raw bytes, connection ended";
    }
}
