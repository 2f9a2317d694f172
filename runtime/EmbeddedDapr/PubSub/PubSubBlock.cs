using Dapr.Embedded.Components;
using Dapr.Embedded.Hosting;
using Dapr.Embedded.Introspection;
using Dapr.Embedded.PubSub.Brokers;
using Dapr.Embedded.PubSub.Brokers.InMemory;
using Dapr.Embedded.PubSub.Brokers.Redis;
using Dapr.Embedded.PubSub.Brokers.Sqlite;
using Dapr.Embedded.PubSub.Delivery;
using Dapr.Embedded.PubSub.Publishing;
using Dapr.Embedded.PubSub.Subscriptions;
using Dapr.Embedded.Resiliency;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.PubSub;

/// <summary>Publish and subscribe: the API to publish, the brokers, and the subscriptions of the app.</summary>
internal sealed class PubSubBlock : BuildingBlock
{
    private readonly SidecarContext context;
    private readonly ILogger log;
    private readonly Publisher publisher;
    private readonly DeliveryGate gate = new();
    private readonly DeliveryGate alwaysOpen = new();
    private readonly ActiveSubscriptions active;
    private readonly StreamingSubscriptions streams;
    private readonly ISubscriber app;
    private IReadOnlyList<Subscription> asked = [];
    private bool appReady;

    public PubSubBlock(SidecarContext context)
    {
        this.context = context;
        log = context.LoggerFactory.CreateLogger<PubSubBlock>();
        publisher = new Publisher(context);
        active = new ActiveSubscriptions(context, Parts, log);
        streams = new StreamingSubscriptions(context, SubscribeAsync, () => active.Running);
        app = context.App.IsGrpc ? new GrpcSubscriber(context.App, context.Options.AppApiToken) : new HttpSubscriber(context.App);
        gate.Set(context.App.Healthy);
        context.App.HealthChanged += gate.Set;
    }

    public override IReadOnlyList<ComponentType> ComponentTypes => [InMemoryBroker.Type, SqliteBroker.Type, RedisBroker.Type];

    public override void MapHttp(IEndpointRouteBuilder routes) => new PublishRoutes(context, publisher).Map(routes);

    public override void MapGrpc(GrpcMethods methods)
    {
        new PublishMethods(context, publisher).Map(methods);
        streams.Map(methods);
    }

    public override Task ComponentStartedAsync(RunningComponent component, CancellationToken cancellationToken) =>
        component.Instance is IBroker ? active.ComponentStartedAsync(cancellationToken) : Task.CompletedTask;

    public override Task ComponentStoppingAsync(RunningComponent component, CancellationToken cancellationToken) =>
        component.Instance is IBroker ? active.ComponentStoppingAsync(component.Name, cancellationToken) : Task.CompletedTask;

    public override async Task AppReadyAsync(CancellationToken cancellationToken)
    {
        asked = context.App.IsGrpc
            ? await new GrpcAppSubscriptions(context, log).AskAsync(cancellationToken).ConfigureAwait(false)
            : await new AppSubscriptions(context, log).AskAsync(cancellationToken).ConfigureAwait(false);
        appReady = true;
        await SubscribeAsync(cancellationToken).ConfigureAwait(false);
    }

    public override Task ResourcesChangedAsync(CancellationToken cancellationToken) => SubscribeAsync(cancellationToken);

    public override void Describe(SidecarDescription description)
    {
        foreach (var subscription in active.Running)
        {
            description.Subscriptions.Add(
                new SubscriptionDescription(
                    subscription.PubSubName,
                    subscription.Topic,
                    subscription.Metadata,
                    [.. subscription.Routes.Routes.Select(route => (route.Match?.Text ?? "", route.Path))],
                    subscription.DeadLetterTopic,
                    subscription.Type.ToString().ToUpperInvariant()
                )
            );
        }
    }

    public override async Task DrainAsync(CancellationToken cancellationToken)
    {
        await active.CloseAsync(cancellationToken).ConfigureAwait(false);
        await streams.CloseAsync().ConfigureAwait(false);
    }

    public override async ValueTask DisposeAsync()
    {
        context.App.HealthChanged -= gate.Set;
        await active.DisposeAsync().ConfigureAwait(false);
    }

    private Task SubscribeAsync(CancellationToken cancellationToken) => active.SetAsync(Wanted, cancellationToken);

    private IReadOnlyList<Subscription> Wanted() => appReady ? [.. asked, .. Declared(), .. streams.Open] : [.. streams.Open];

    private List<Subscription> Declared()
    {
        var declared = new List<Subscription>();
        foreach (var document in context.Resources.OfKind("Subscription"))
        {
            try
            {
                if (SubscriptionReader.Read(document) is { } subscription)
                    declared.Add(subscription);
                else
                    log.LogWarning("{File}: subscription {Name} has no route; it is left out", document.File, document.Name);
            }
            catch (FormatException error)
            {
                log.LogError("{File}: subscription {Name} is left out: {Reason}", document.File, document.Name, error.Message);
            }
        }
        return declared;
    }

    private PumpParts Parts(Subscription subscription, IBroker broker)
    {
        var stream = streams.Find(subscription);
        var subscriber = stream ?? app;
        var pipeline = new DeliveryPipeline(
            subscription,
            context.Traces is { } traces ? new TracedSubscriber(subscriber, traces) : subscriber,
            () => context.Block<ResiliencyBlock>().Policies.Inbound(subscription.PubSubName),
            new DeadLetters(broker, context.Time, log),
            context.Time,
            log
        );
        return new PumpParts(pipeline, stream is null ? gate : alwaysOpen);
    }
}
