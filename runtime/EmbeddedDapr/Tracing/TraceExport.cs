using System.Diagnostics;
using System.Text.Json.Nodes;
using Dapr.Embedded.Resources;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Dapr.Embedded.Tracing;

/// <summary>
/// Sends the spans of one sidecar to where <c>spec.tracing</c> says: Zipkin (<c>zipkin.endpointAddress</c>), or a collector of
/// OpenTelemetry (<c>otel.endpointAddress</c>, <c>isSecure</c>, <c>protocol</c> grpc or http). A span is made for each API call, for each call
/// from another sidecar and for each delivery of an event.
/// </summary>
internal sealed class TraceExport : IDisposable
{
    private const int SendAfterMilliseconds = 1000;

    private readonly ActivitySource source;
    private readonly TracerProvider provider;

    private TraceExport(string appId, double samplingRate, JsonObject? zipkin, JsonObject? otel)
    {
        // A name of its own: the sidecars of one process do not hear each other's spans.
        source = new ActivitySource($"Dapr.Embedded/{Guid.NewGuid():N}");
        var builder = Sdk.CreateTracerProviderBuilder()
            .AddSource(source.Name)
            .SetResourceBuilder(ResourceBuilder.CreateEmpty().AddService(appId, autoGenerateServiceInstanceId: false))
            .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(Math.Clamp(samplingRate, 0, 1))));
#pragma warning disable CS0618 // The exporter is on its way out, but a Zipkin is what dapr init starts and names in its Configuration.
        if (zipkin is not null)
            builder.AddZipkinExporter(options =>
            {
                options.Endpoint = Address("zipkin", zipkin);
                options.BatchExportProcessorOptions.ScheduledDelayMilliseconds = SendAfterMilliseconds;
            });
#pragma warning restore CS0618
        if (otel is not null)
            builder.AddOtlpExporter(options =>
            {
                options.Protocol = IsHttp(otel) ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
                options.Endpoint = IsHttp(otel) ? WithPath(Address("otel", otel)) : Address("otel", otel);
                options.BatchExportProcessorOptions.ScheduledDelayMilliseconds = SendAfterMilliseconds;
            });
        provider = builder.Build();
    }

    /// <summary>Null when the Configuration names no place to send spans to, or samples nothing.</summary>
    /// <exception cref="ResourceException">An address or protocol cannot be used.</exception>
    public static TraceExport? Open(ConfigurationSpec configuration, string appId)
    {
        var tracing = configuration.Section("tracing");
        var (zipkin, otel) = (Target(tracing, "zipkin"), Target(tracing, "otel"));
        return configuration.SamplingRate is { } rate and > 0 && (zipkin is not null || otel is not null)
            ? new TraceExport(appId, rate, zipkin, otel)
            : null;
    }

    /// <summary>Begins a span; null when the trace is not sampled.</summary>
    /// <param name="name">What is done.</param>
    /// <param name="kind">From which side.</param>
    /// <param name="traceParent">The span above it, empty or unreadable for none.</param>
    /// <param name="traceState">Of that span.</param>
    public Activity? Begin(string name, ActivityKind kind, string traceParent, string traceState)
    {
        // Without a parent the span would belong to whatever the process is doing.
        Activity.Current = null;
        return source.StartActivity(
            name,
            kind,
            ActivityContext.TryParse(traceParent, traceState.Length == 0 ? null : traceState, isRemote: true, out var parent) ? parent : default
        );
    }

    public void Dispose()
    {
        provider.Dispose();
        source.Dispose();
    }

    private static JsonObject? Target(JsonObject? tracing, string name) =>
        tracing?[name] is JsonObject target && target["endpointAddress"]?.ToString() is { Length: > 0 } ? target : null;

    private static bool IsHttp(JsonObject otel) =>
        otel["protocol"]?.ToString() switch
        {
            null or "" or "grpc" => false,
            "http" => true,
            var other => throw new ResourceException($"Configuration: spec.tracing.otel.protocol is \"{other}\", expected grpc or http"),
        };

    private static Uri Address(string name, JsonObject target)
    {
        var text = target["endpointAddress"]!.ToString();
        var scheme = target["isSecure"]?.ToString() == "true" ? "https" : "http";
        return
            Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : $"{scheme}://{text}", UriKind.Absolute, out var address)
            && address.Scheme is "http" or "https"
            ? address
            : throw new ResourceException(
                $"Configuration: spec.tracing.{name}.endpointAddress is \"{text}\", "
                    + $"expected an address such as {(name == "otel" ? "localhost:4317" : "http://localhost:9411/api/v2/spans")}"
            );
    }

    private static Uri WithPath(Uri address) => address.AbsolutePath == "/" ? new Uri(address, "/v1/traces") : address;
}
