using System.Reflection;
using Dapr.Anomaly.Platform.Messages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;

namespace Dapr.Anomaly.Contracts.Tests.Documents;

/// <summary>The routes that a service maps.</summary>
internal static class ServiceRoutes
{
    private static readonly string[] Settings = ["--ANOMALY_PROMETHEUS_URL=http://127.0.0.1:9", "--ANOMALY_SHARDS=2"];

    private static readonly Dictionary<string, Func<string[], WebApplication>> Hosts = new()
    {
        [Apps.Collector] = Collector.CollectorHost.Build,
        [Apps.Featurizer] = Featurizer.FeaturizerHost.Build,
        [Apps.Inference] = Inference.InferenceHost.Build,
        [Apps.Trainer] = Trainer.TrainerHost.Build,
        [Apps.Alerts] = Alerts.AlertsHost.Build,
        [Apps.Forecaster] = Forecaster.ForecasterHost.Build,
        [Apps.Console] = Console.ConsoleHost.Build,
    };

    public static async Task<IReadOnlyList<ServiceRoute>> OfAsync(string app)
    {
        var folder = Directory.CreateTempSubdirectory("anomaly-test-").FullName;
        await using var service = Hosts[app]([$"--ANOMALY_REGISTRY={folder}", .. Settings]);
        return
        [
            .. ((IEndpointRouteBuilder)service).DataSources.SelectMany(s => s.Endpoints).OfType<RouteEndpoint>().Select(e => new ServiceRoute(e)),
        ];
    }
}

/// <summary>One route, as its endpoint describes it.</summary>
internal sealed class ServiceRoute(RouteEndpoint endpoint)
{
    /// <summary>Metrics have no method of their own; they are read with GET.</summary>
    public string Method { get; } = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Single().ToLowerInvariant() ?? "get";

    public string Path { get; } = "/" + endpoint.RoutePattern.RawText!.Trim('/');

    public string? Topic { get; } = endpoint.Metadata.GetMetadata<ITopicMetadata>()?.Name;

    public Type? Body { get; } = endpoint.Metadata.GetMetadata<IAcceptsMetadata>()?.RequestType;

    /// <summary>Successful answers with their types, where the handler's type says so.</summary>
    public IReadOnlyDictionary<int, Type?> Answers { get; } =
        endpoint
            .Metadata.GetOrderedMetadata<IProducesResponseTypeMetadata>()
            .Where(a => a.StatusCode < 300)
            .ToDictionary(a => a.StatusCode, a => a.Type == typeof(void) ? null : a.Type);

    /// <summary>Parameters of path and query.</summary>
    public IReadOnlyList<string> Parameters { get; } =
    [
        .. (endpoint.Metadata.GetMetadata<MethodInfo>()?.GetParameters() ?? [])
            .Where(p => p.ParameterType == typeof(string) || p.ParameterType.IsValueType && p.ParameterType != typeof(CancellationToken))
            .Select(p => p.Name!)
            .Order(),
    ];

    /// <summary>Whether a path of a document is this one; its {parameters} stand for one part each.</summary>
    public bool Is(string documented)
    {
        var (code, document) = (Path.Split('/'), documented.Split('/'));
        return code.Length == document.Length && code.Zip(document).All(p => p.First == p.Second || p.Second.StartsWith('{'));
    }

    public override string ToString() => $"{Method} {Path}";
}
