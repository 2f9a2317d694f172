using System.Text.Json;
using Dapr.Common.Serialization;
using Dapr.Workflow.Registration;
using Dapr.Workflow.Serialization;
using Dapr.Workflow.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Dapr.Workflow;

/// <summary>Workflows in a service collection.</summary>
public static class WorkflowServiceCollectionExtensions
{
    /// <summary>Adds the worker and the client with the registrations of generated code.</summary>
    public static IServiceCollection AddDaprWorkflow(this IServiceCollection services) => services.AddDaprWorkflow(_ => { });

    /// <summary>Adds the worker and the client.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="configure">Registers workflows and activities.</param>
    /// <param name="lifetime">Of <see cref="DaprWorkflowClient"/>.</param>
    public static IServiceCollection AddDaprWorkflow(
        this IServiceCollection services,
        Action<WorkflowRuntimeOptions> configure,
        ServiceLifetime lifetime = ServiceLifetime.Singleton
    )
    {
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddDaprWorkflowBuilder(configure, configureClient: null, lifetime).Services;
    }

    /// <summary>Adds the worker and the client, for further set-up.</summary>
    public static DaprWorkflowBuilder AddDaprWorkflowBuilder(
        this IServiceCollection services,
        Action<WorkflowRuntimeOptions>? configureRuntime,
        Action<IServiceProvider, DaprWorkflowClientBuilder>? configureClient = null,
        ServiceLifetime lifetime = ServiceLifetime.Singleton
    )
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IDaprSerializer>(_ => new JsonDaprSerializer());

        var options = OptionsIn(services);
        configureRuntime?.Invoke(options);
        services.TryAddSingleton<IWorkflowsFactory>(provider =>
        {
            WorkflowsFactory factory = new();
            provider.GetRequiredService<WorkflowRuntimeOptions>().ApplyRegistrations(factory);
            return factory;
        });
        services.TryAddSingleton(provider => new TaskHubConnection(
            provider.GetRequiredService<WorkflowRuntimeOptions>(),
            provider.GetService<IConfiguration>()
        ));
        services.TryAdd(ServiceDescriptor.Describe(typeof(DaprWorkflowClient), provider => MakeClient(provider, configureClient), lifetime));
        services.TryAdd(
            ServiceDescriptor.Describe(typeof(IDaprWorkflowClient), provider => provider.GetRequiredService<DaprWorkflowClient>(), lifetime)
        );
        services.AddHostedService<WorkflowWorker>();
        return new DaprWorkflowBuilder(services, options);
    }

    private static DaprWorkflowClient MakeClient(IServiceProvider provider, Action<IServiceProvider, DaprWorkflowClientBuilder>? configure)
    {
        var serializer = provider.GetRequiredService<IDaprSerializer>();
        if (configure is null)
            return new DaprWorkflowClient(
                provider.GetRequiredService<TaskHubConnection>().Client,
                serializer,
                provider.GetRequiredService<TimeProvider>(),
                null
            );

        DaprWorkflowClientBuilder builder = new(provider.GetService<IConfiguration>()) { Services = provider };
        builder.UseSerializer(serializer);
        configure(provider, builder);
        return builder.Build();
    }

    /// <summary>One set of options for a collection: a second call adds to the first.</summary>
    private static WorkflowRuntimeOptions OptionsIn(IServiceCollection services)
    {
        if (
            services.FirstOrDefault(each => each.ServiceType == typeof(WorkflowRuntimeOptions))?.ImplementationInstance
            is WorkflowRuntimeOptions existing
        )
            return existing;

        WorkflowRuntimeOptions options = new();
        WorkflowAutoRegistry.ApplyTo(options);
        services.AddSingleton(options);
        return options;
    }

    /// <summary>Further set-up of workflows in a service collection.</summary>
    public readonly struct DaprWorkflowBuilder : IDaprWorkflowBuilder
    {
        private readonly WorkflowRuntimeOptions _options;

        internal DaprWorkflowBuilder(IServiceCollection services, WorkflowRuntimeOptions options)
        {
            Services = services;
            _options = options;
        }

        /// <summary>The service collection.</summary>
        public IServiceCollection Services { get; }

        /// <summary>Uses this serializer for worker and client.</summary>
        public DaprWorkflowBuilder WithSerializer(IDaprSerializer serializer)
        {
            ArgumentNullException.ThrowIfNull(serializer);
            Services.Replace(ServiceDescriptor.Singleton(serializer));
            return this;
        }

        /// <summary>Uses the serializer that the factory gives, for worker and client.</summary>
        public DaprWorkflowBuilder WithSerializer(Func<IServiceProvider, IWorkflowSerializer> serializerFactory)
        {
            ArgumentNullException.ThrowIfNull(serializerFactory);
            Services.Replace(ServiceDescriptor.Singleton<IDaprSerializer>(serializerFactory));
            return this;
        }

        /// <summary>Uses JSON with these options for worker and client.</summary>
        public DaprWorkflowBuilder WithJsonSerializer(JsonSerializerOptions options) => WithSerializer(new JsonDaprSerializer(options));

        /// <summary>Limits the messages of the connection, in bytes; null means no limit.</summary>
        public DaprWorkflowBuilder WithGrpcMessageSizeLimits(int? maxReceiveMessageSize = null, int? maxSendMessageSize = null)
        {
            _options.MaxReceiveMessageBytes = maxReceiveMessageSize;
            _options.MaxSendMessageBytes = maxSendMessageSize;
            return this;
        }
    }
}
