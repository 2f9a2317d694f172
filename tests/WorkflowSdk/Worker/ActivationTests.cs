using Dapr.Workflow;
using Microsoft.Extensions.DependencyInjection;
using static WorkflowSdk.Tests.Worker.WorkerHost;

namespace WorkflowSdk.Tests.Worker;

public class ActivationTests
{
    [Fact]
    public async Task Each_execution_has_a_scope_of_its_own_and_names_default_to_the_class()
    {
        await using var hub = await FakeTaskHub.StartAsync();
        using var host = await StartAsync(
            hub.Address,
            options =>
            {
                options.RegisterActivity<ReadScope>();
                options.RegisterWorkflow<ReadScopeTwice>("Twice");
            },
            services => services.AddScoped<Ticket>()
        );
        hub.State.HandOut(Call("ReadScope", "4", taskId: 1));
        hub.State.HandOut(Call("readscope", "4", taskId: 2));
        var first = (await hub.State.Activities.NextAsync()).Result;
        var second = (await hub.State.Activities.NextAsync()).Result;
        hub.State.HandOut(FirstTurn("Twice"));

        Assert.NotEqual(first, second);
        Assert.EndsWith(
            "one/4/ReadScope\"",
            first.Length > second.Length ? first : first.Replace("readscope", "ReadScope", StringComparison.Ordinal)
        );
        Assert.Single((await hub.State.Turns.NextAsync()).Actions);
    }

    [Fact]
    public async Task A_class_that_cannot_be_made_is_a_failure_that_names_what_is_missing()
    {
        await using var hub = await FakeTaskHub.StartAsync();
        using var host = await StartAsync(hub.Address, options => options.RegisterActivity<ReadScope>());
        hub.State.HandOut(Call("ReadScope"));

        Assert.Contains(nameof(Ticket), (await hub.State.Activities.NextAsync()).FailureDetails.ErrorMessage);
    }

    [Fact]
    public async Task The_first_registration_of_a_name_wins()
    {
        await using var hub = await FakeTaskHub.StartAsync();
        using var host = await StartAsync(
            hub.Address,
            options =>
            {
                options.RegisterActivity<string, int>("A", (_, _) => Task.FromResult(1));
                options.RegisterActivity<string, int>("a", (_, _) => Task.FromResult(2));
            }
        );
        hub.State.HandOut(Call("A"));

        Assert.Equal("1", (await hub.State.Activities.NextAsync()).Result);
    }

    internal sealed class Ticket
    {
        public Guid Id { get; } = Guid.NewGuid();
    }

    internal sealed class ReadScope(Ticket ticket, IServiceProvider services) : WorkflowActivity<int, string>
    {
        public override Task<string> RunAsync(WorkflowActivityContext context, int input)
        {
            Assert.Same(ticket, services.GetRequiredService<Ticket>());
            return Task.FromResult($"{ticket.Id}/{context.InstanceId}/{input}/{context.Identifier}");
        }
    }

    internal sealed class ReadScopeTwice : Workflow<string, string>
    {
        public override Task<string> RunAsync(WorkflowContext context, string input) => context.CallActivityAsync<string>("ReadScope", 1);
    }
}
