using System.Net;
using System.Net.Http.Json;
using System.Threading.Channels;
using Dapr.Conformance.Tests.Fixture;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dapr.Conformance.Tests.Clients;

/// <summary>An app written with the NuGet package Dapr.AspNetCore 1.19.</summary>
public sealed class AspNetCoreTests(DaprFixture dapr, AspNetCoreTests.OrdersApp app) : ConformanceTest(dapr), IClassFixture<AspNetCoreTests.OrdersApp>
{
    [Fact]
    public async Task A_topic_endpoint_gets_the_unwrapped_event()
    {
        var marker = Unique("m");
        await PublishAsync("asp-orders", new { Name = marker });

        await UntilReceivedAsync($"order {marker}");
    }

    [Fact]
    public async Task A_rule_of_a_topic_endpoint_takes_what_it_matches()
    {
        var marker = Unique("m");
        await PublishAsync("asp-orders", new { Name = marker }, "?metadata.cloudevent.type=urgent");

        await UntilReceivedAsync($"urgent {marker}");
    }

    [Fact]
    public async Task A_failing_endpoint_sends_the_event_to_its_dead_letter_topic()
    {
        var marker = Unique("m");
        await PublishAsync("asp-broken", new { Name = marker });

        await UntilReceivedAsync($"dead {marker}");
    }

    [Theory]
    [InlineData("", "controller")]
    [InlineData("?metadata.cloudevent.type=urgent", "controller-urgent")]
    public async Task A_controller_with_topic_attributes_gets_the_unwrapped_event_by_its_rules(string query, string taker)
    {
        var marker = Unique("m");
        await PublishAsync("asp-controller", new { Name = marker }, query);

        await UntilReceivedAsync($"{taker} {marker}");
    }

    [Fact]
    public async Task A_topic_attribute_on_a_minimal_endpoint_subscribes_it()
    {
        var marker = Unique("m");
        await PublishAsync("asp-attribute", new { Name = marker });

        await UntilReceivedAsync($"attribute {marker}");
    }

    [Fact]
    public async Task A_bulk_subscriber_gets_every_entry_and_what_it_drops_goes_to_the_dead_letter_topic()
    {
        string[] names = [Unique("a"), Unique("drop"), Unique("c")];
        using var http = Dapr.Http(app.Sidecar);
        using var response = await http.PostAsJsonAsync(
            "/v1.0/publish/bulk/pubsub/asp-bulk",
            names.Select(
                (name, i) =>
                    new
                    {
                        entryId = $"{i}",
                        @event = new { Name = name },
                        contentType = "application/json",
                    }
            ),
            Cancellation
        );
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);

        await UntilReceivedAsync([.. names.Select(name => $"bulk {name}"), $"dead {names[1]}"]);
    }

    [Fact]
    public async Task Its_subscriptions_are_in_the_metadata()
    {
        using var http = Dapr.Http(app.Sidecar);
        var metadata = (await http.GetFromJsonAsync<System.Text.Json.Nodes.JsonNode>("/v1.0/metadata", Cancellation))!;

        Assert.Contains(
            metadata["subscriptions"]!.AsArray(),
            each => (string)each!["topic"]! == "asp-orders" && (string)each["type"]! == "PROGRAMMATIC"
        );
    }

    private async Task PublishAsync<T>(string topic, T value, string query = "")
    {
        using var http = Dapr.Http(app.Sidecar);
        using var response = await http.PostAsJsonAsync($"/v1.0/publish/pubsub/{topic}{query}", value, Cancellation);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    private async Task UntilReceivedAsync(params string[] expected)
    {
        var open = expected.ToHashSet();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        await foreach (var each in app.Seen.Reader.ReadAllAsync(deadline.Token))
            if (open.Remove(each) && open.Count == 0)
                return;
    }

    /// <summary>The app and its sidecar.</summary>
    public sealed class OrdersApp(DaprFixture dapr) : IAsyncLifetime
    {
        private WebApplication? _app;

        internal Channel<string> Seen { get; } = Channel.CreateUnbounded<string>();

        internal Backends.RunningSidecar Sidecar { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            dapr.Require();
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Any, 0));
            builder.Services.AddDaprClient();
            builder.Services.AddSingleton(Seen);
            builder.Services.AddControllers().AddDapr().AddApplicationPart(typeof(OrdersController).Assembly);
            _app = builder.Build();
            _app.UseCloudEvents();
            _app.MapSubscribeHandler();
            _app.MapControllers();
            _app.MapPost("/attribute", [Topic("pubsub", "asp-attribute")] (Order order) => Take($"attribute {order.Name}"));
            _app.MapPost("/orders", (Order order) => Take($"order {order.Name}")).WithTopic("pubsub", "asp-orders");
            _app.MapPost("/urgent", (Order order) => Take($"urgent {order.Name}"))
                .WithTopic(
                    new TopicOptions
                    {
                        PubsubName = "pubsub",
                        Name = "asp-orders",
                        Match = "event.type == \"urgent\"",
                        Priority = 1,
                    }
                );
            _app.MapPost("/broken", () => Results.StatusCode(500))
                .WithTopic(
                    new TopicOptions
                    {
                        PubsubName = "pubsub",
                        Name = "asp-broken",
                        DeadLetterTopic = "asp-dead",
                    }
                );
            _app.MapPost("/dead", (Order order) => Take($"dead {order.Name}")).WithTopic("pubsub", "asp-dead");
            await _app.StartAsync(CancellationToken.None);
            var address = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
            Sidecar = await dapr.SidecarAsync(
                "probe-aspnet",
                new Uri(address.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)).Port,
                CancellationToken.None
            );
        }

        public async ValueTask DisposeAsync()
        {
            if (_app is null)
                return;
            await Sidecar.StopAsync();
            await _app.DisposeAsync();
        }

        private IResult Take(string what)
        {
            Seen.Writer.TryWrite(what);
            return Results.Ok();
        }
    }
}
