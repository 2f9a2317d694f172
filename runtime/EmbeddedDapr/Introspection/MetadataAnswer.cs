using System.Text.Encodings.Web;
using System.Text.Json;
using Dapr.Client.Autogen.Grpc.v1;
using Dapr.Embedded.Hosting;

namespace Dapr.Embedded.Introspection;

/// <summary>The metadata answer in both protocols; members without content are left out of the JSON.</summary>
internal static class MetadataAnswer
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Json(SidecarContext context, SidecarDescription description, IReadOnlyDictionary<string, string> extended)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteString("id", context.AppId);
            json.WriteString("runtimeVersion", MetadataBlock.RuntimeVersion);
            WriteStrings(json, "enabledFeatures", ["HotReload", .. description.EnabledFeatures]);
            WriteComponents(json, context);
            WriteMap(json, "extended", extended);
            WriteSubscriptions(json, description.Subscriptions);
            WriteNamed(json, "httpEndpoints", description.HttpEndpoints);
            WriteApp(json, context);
            json.WriteStartObject("actorRuntime");
            json.WriteString("runtimeStatus", description.WorkflowsHosted ? "RUNNING" : "DISABLED");
            json.WriteBoolean("hostReady", description.WorkflowsHosted);
            json.WriteString("placement", description.WorkflowsHosted ? "placement: connected" : "placement: disconnected");
            json.WriteEndObject();
            WriteWorkflows(json, description);
            WriteNamed(json, "resiliencies", description.Resiliencies);
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }

    public static GetMetadataResponse Grpc(SidecarContext context, SidecarDescription description, IReadOnlyDictionary<string, string> extended)
    {
        var response = new GetMetadataResponse { Id = context.AppId, RuntimeVersion = MetadataBlock.RuntimeVersion };
        response.EnabledFeatures.Add("HotReload");
        response.EnabledFeatures.Add(description.EnabledFeatures);
        response.ExtendedMetadata.Add(new Dictionary<string, string>(extended));
        foreach (var component in context.Components.All)
        {
            var registered = new RegisteredComponents
            {
                Name = component.Name,
                Type = component.Spec.Type,
                Version = component.Spec.Version,
            };
            registered.Capabilities.Add(component.Instance.Capabilities);
            response.RegisteredComponents.Add(registered);
        }
        foreach (var one in description.Subscriptions)
            response.Subscriptions.Add(Subscription(one));
        foreach (var endpoint in description.HttpEndpoints)
            response.HttpEndpoints.Add(new MetadataHTTPEndpoint { Name = endpoint });
        response.ActorRuntime = new ActorRuntime
        {
            RuntimeStatus = description.WorkflowsHosted
                ? ActorRuntime.Types.ActorRuntimeStatus.Running
                : ActorRuntime.Types.ActorRuntimeStatus.Disabled,
            HostReady = description.WorkflowsHosted,
            Placement = description.WorkflowsHosted ? "placement: connected" : "placement: disconnected",
        };
        if (context.App.Port is { } port)
        {
            response.AppConnectionProperties = new AppConnectionProperties
            {
                Port = port,
                Protocol = context.Options.AppProtocol.ToString().ToLowerInvariant(),
                ChannelAddress = context.Options.AppChannelAddress,
                MaxConcurrency = Math.Max(0, context.Options.AppMaxConcurrency),
            };
        }
        return response;
    }

    private static PubsubSubscription Subscription(SubscriptionDescription one)
    {
        var subscription = new PubsubSubscription
        {
            PubsubName = one.PubSubName,
            Topic = one.Topic,
            DeadLetterTopic = one.DeadLetterTopic,
            Rules = new PubsubSubscriptionRules(),
            Type = Enum.TryParse<PubsubSubscriptionType>(one.Type, ignoreCase: true, out var type) ? type : PubsubSubscriptionType.Unknown,
        };
        subscription.Metadata.Add(new Dictionary<string, string>(one.Metadata));
        foreach (var (match, path) in one.Rules)
            subscription.Rules.Rules.Add(new PubsubSubscriptionRule { Match = match, Path = path });
        return subscription;
    }

    private static void WriteComponents(Utf8JsonWriter json, SidecarContext context)
    {
        if (!context.Components.All.Any())
            return;
        json.WriteStartArray("components");
        foreach (var component in context.Components.All)
        {
            json.WriteStartObject();
            json.WriteString("name", component.Name);
            json.WriteString("type", component.Spec.Type);
            json.WriteString("version", component.Spec.Version);
            WriteStrings(json, "capabilities", component.Instance.Capabilities);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteSubscriptions(Utf8JsonWriter json, IReadOnlyList<SubscriptionDescription> subscriptions)
    {
        if (subscriptions.Count == 0)
            return;
        json.WriteStartArray("subscriptions");
        foreach (var one in subscriptions)
        {
            json.WriteStartObject();
            json.WriteString("pubsubname", one.PubSubName);
            json.WriteString("topic", one.Topic);
            if (one.Metadata.Count > 0)
                WriteMap(json, "metadata", one.Metadata);
            json.WriteStartArray("rules");
            foreach (var (match, path) in one.Rules)
            {
                json.WriteStartObject();
                if (match.Length > 0)
                    json.WriteString("match", match);
                json.WriteString("path", path);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteString("deadLetterTopic", one.DeadLetterTopic);
            json.WriteString("type", one.Type);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteApp(Utf8JsonWriter json, SidecarContext context)
    {
        var options = context.Options;
        if (context.App.Port is not { } port)
            return;
        json.WriteStartObject("appConnectionProperties");
        json.WriteNumber("port", port);
        json.WriteString("protocol", options.AppProtocol.ToString().ToLowerInvariant());
        json.WriteString("channelAddress", options.AppChannelAddress);
        if (options.AppMaxConcurrency > 0)
            json.WriteNumber("maxConcurrency", options.AppMaxConcurrency);
        if (options.EnableAppHealthCheck)
        {
            json.WriteStartObject("health");
            if (!context.App.IsGrpc)
                json.WriteString("healthCheckPath", options.AppHealthCheckPath);
            json.WriteString("healthProbeInterval", $"{options.AppHealthProbeInterval.TotalSeconds:0.###}s");
            json.WriteString("healthProbeTimeout", $"{options.AppHealthProbeTimeout.TotalMilliseconds:0}ms");
            json.WriteNumber("healthThreshold", options.AppHealthThreshold);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void WriteWorkflows(Utf8JsonWriter json, SidecarDescription description)
    {
        if (description.ConnectedWorkflowWorkers == 0)
            return;
        json.WriteStartObject("workflows");
        json.WriteNumber("connectedWorkers", description.ConnectedWorkflowWorkers);
        json.WriteEndObject();
    }

    private static void WriteNamed(Utf8JsonWriter json, string name, IReadOnlyList<string> names)
    {
        if (names.Count == 0)
            return;
        json.WriteStartArray(name);
        foreach (var one in names)
        {
            json.WriteStartObject();
            json.WriteString("name", one);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        if (values.Count == 0)
            return;
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }

    private static void WriteMap(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, string> map)
    {
        json.WriteStartObject(name);
        foreach (var (key, value) in map.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            json.WriteString(key, value);
        json.WriteEndObject();
    }
}
