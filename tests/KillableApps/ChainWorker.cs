using System.Globalization;
using Dapr.Workflow;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace KillableApps;

/// <summary>
/// What a chain does: an activity for each delay, an event after each of the first activities, a timer, and events until one says close.
/// </summary>
internal sealed record ChainInput(int[] DelaysMilliseconds, int Notes, int TimerMilliseconds);

internal sealed record StepInput(int Step, long Previous, int DelayMilliseconds);

/// <param name="Values">Result of each step.</param>
/// <param name="Notes">The events in the order in which the workflow took them.</param>
internal sealed record ChainOutput(long[] Values, string[] Notes);

/// <summary>
/// Runs the workflow Chain and its activity Step. Each run of an activity records "instance step previous value" and returns the value, which
/// no other run of any activity in any life of this app returns. It prints "+" when an activity begins, "*" when its effect is recorded and "-"
/// when it ends.
/// </summary>
internal sealed class ChainWorker : IAsyncDisposable
{
    private readonly IHost host;
    private readonly EffectLog effects;
    private long last;

    private ChainWorker(int life, Uri runtime, EffectLog effects)
    {
        this.effects = effects;
        last = life * 1_000_000L;
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection([new("DAPR_GRPC_ENDPOINT", runtime.ToString())]);
        builder.Services.AddDaprWorkflow(workflows =>
        {
            workflows.RegisterWorkflow<ChainInput, ChainOutput>("Chain", ChainAsync);
            workflows.RegisterActivity<StepInput, long>("Step", StepAsync);
        });
        host = builder.Build();
    }

    public static async Task<ChainWorker> StartAsync(int life, Uri runtime, EffectLog effects, CancellationToken cancellationToken)
    {
        var worker = new ChainWorker(life, runtime, effects);
        await worker.host.StartAsync(cancellationToken);
        return worker;
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync(CancellationToken.None);
        host.Dispose();
    }

    private static async Task<ChainOutput> ChainAsync(WorkflowContext context, ChainInput input)
    {
        var values = new long[input.DelaysMilliseconds.Length];
        var notes = new List<string>();
        for (var step = 0; step < values.Length; step++)
        {
            values[step] = await context.CallActivityAsync<long>(
                "Step",
                new StepInput(step, step == 0 ? 0 : values[step - 1], input.DelaysMilliseconds[step])
            );
            if (step < input.Notes)
                notes.Add(await context.WaitForExternalEventAsync<string>("note"));
            if (step == 2)
                await context.CreateTimer(TimeSpan.FromMilliseconds(input.TimerMilliseconds));
        }
        while (!notes.Exists(note => note.StartsWith("close", StringComparison.Ordinal)))
            notes.Add(await context.WaitForExternalEventAsync<string>("note"));
        return new ChainOutput(values, [.. notes]);
    }

    private async Task<long> StepAsync(WorkflowActivityContext context, StepInput input)
    {
        Console.WriteLine("+");
        await Task.Delay(input.DelayMilliseconds / 2);
        var value = Interlocked.Increment(ref last);
        effects.Record(string.Create(CultureInfo.InvariantCulture, $"{context.InstanceId} {input.Step} {input.Previous} {value}"));
        Console.WriteLine("*");
        await Task.Delay(input.DelayMilliseconds / 2);
        Console.WriteLine("-");
        return value;
    }
}
