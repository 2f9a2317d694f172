using System.Text.Json;
using Dapr.Common;
using Dapr.Common.Serialization;
using Microsoft.Extensions.Configuration;

namespace Dapr.Workflow.Registration;

/// <summary>Builds a client with a connection of its own.</summary>
public sealed class DaprWorkflowClientBuilder : DaprGenericClientBuilder<DaprWorkflowClient>
{
    private Func<IServiceProvider, IDaprSerializer>? _serializerFactory;
    private IDaprSerializer _serializer = new JsonDaprSerializer();

    /// <summary>Endpoint and token come from <paramref name="configuration"/> and the environment unless they are set.</summary>
    public DaprWorkflowClientBuilder(IConfiguration? configuration = null)
        : base(configuration) { }

    /// <summary>The services that a serializer factory is given.</summary>
    internal IServiceProvider? Services { get; init; }

    /// <summary>Uses this serializer.</summary>
    public DaprWorkflowClientBuilder UseSerializer(IDaprSerializer serializer)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        _serializer = serializer;
        return this;
    }

    /// <summary>Uses the serializer that the factory gives.</summary>
    public DaprWorkflowClientBuilder UseSerializer(Func<IServiceProvider, IDaprSerializer> serializerFactory)
    {
        ArgumentNullException.ThrowIfNull(serializerFactory);
        _serializerFactory = serializerFactory;
        return this;
    }

    /// <summary>Uses JSON with these options.</summary>
    public DaprWorkflowClientBuilder UseJsonSerializer(JsonSerializerOptions options) => UseSerializer(new JsonDaprSerializer(options));

    /// <summary>The client; dispose it to close its connection.</summary>
    public override DaprWorkflowClient Build()
    {
        var (channel, httpClient, _, apiToken) = BuildDaprClientDependencies(typeof(DaprWorkflowClient).Assembly);
        var serializer = _serializerFactory is null
            ? _serializer
            : _serializerFactory(
                Services
                    ?? throw new InvalidOperationException(
                        "A serializer factory needs a service provider: use AddDaprWorkflowBuilder, or UseSerializer with an instance."
                    )
            );
        return new DaprWorkflowClient(
            TaskHubConnection.Connect(channel, apiToken),
            serializer,
            TimeProvider.System,
            new OwnConnection(channel, httpClient)
        );
    }

    private sealed class OwnConnection(IDisposable channel, IDisposable httpClient) : IDisposable
    {
        public void Dispose()
        {
            channel.Dispose();
            httpClient.Dispose();
        }
    }
}
