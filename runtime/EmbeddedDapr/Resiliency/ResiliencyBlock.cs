using Dapr.Embedded.Hosting;
using Dapr.Embedded.Introspection;
using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.Resiliency;

/// <summary>Retries, timeouts and breakers of the Resiliency resources.</summary>
internal sealed class ResiliencyBlock : BuildingBlock
{
    private readonly SidecarContext context;
    private readonly ILogger log;
    private string read = "";

    public ResiliencyBlock(SidecarContext context)
    {
        this.context = context;
        log = context.LoggerFactory.CreateLogger<ResiliencyBlock>();
        Policies = Policies.None(context.Time);
        context.Policies = new ComponentPolicies(() => Policies, context.Time);
    }

    /// <summary>The snapshot in force; a reload that changes the resources replaces it, breakers included.</summary>
    public Policies Policies { get; private set; }

    public override Task StartAsync(CancellationToken cancellationToken) => ResourcesChangedAsync(cancellationToken);

    public override Task ResourcesChangedAsync(CancellationToken cancellationToken)
    {
        var documents = context.Resources.OfKind("Resiliency").ToList();
        var text = string.Join('\n', documents.Select(document => document.Root.ToJsonString()));
        if (text != read)
        {
            read = text;
            Policies = new ResiliencyReader(context.Time, complaint => log.LogError("{Complaint}", complaint)).Read(documents);
        }
        return Task.CompletedTask;
    }

    public override void Describe(SidecarDescription description) =>
        description.Resiliencies.AddRange(context.Resources.OfKind("Resiliency").Select(document => document.Name));
}
