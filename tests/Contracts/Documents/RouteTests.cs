using System.Text.Json.Nodes;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Contracts.Tests.Documents;

/// <summary>The OpenAPI document of each service and the routes that it maps say the same, both ways.</summary>
public class RouteTests
{
    public static TheoryData<string> Services => [.. Apps.All];

    [Theory]
    [MemberData(nameof(Services))]
    public async Task Document_OfAService_HasItsRoutesAndNoOther(string app)
    {
        var (routes, documented) = (await ServiceRoutes.OfAsync(app), Operations(app));

        Assert.NotEmpty(routes);
        Assert.Empty(routes.Where(r => !documented.Any(d => d.Method == r.Method && r.Is(d.Path))).Select(r => $"{r} is not documented"));
        Assert.Empty(documented.Where(d => !routes.Any(r => d.Method == r.Method && r.Is(d.Path))).Select(d => $"{d.Method} {d.Path} is not mapped"));
    }

    [Theory]
    [MemberData(nameof(Services))]
    public async Task Document_OfAService_HasParametersBodiesAndAnswersOfTheCode(string app)
    {
        List<string> differences = [];
        foreach (var route in await ServiceRoutes.OfAsync(app))
        {
            var operation = Operations(app).First(d => d.Method == route.Method && route.Is(d.Path)).Operation;
            Compare("parameters", string.Join(", ", route.Parameters), string.Join(", ", Parameters(operation, route)));
            if (route.Body is { } body)
                Compare("body", body.Name, SchemaName(operation["requestBody"]));
            foreach (var (status, type) in route.Answers)
                Compare($"answer {status}", type?.Name ?? "nothing", SchemaName(operation["responses"]?[$"{status}"]));
            if (route.Answers.Count > 0)
                Compare(
                    "successes",
                    string.Join(", ", route.Answers.Keys.Order()),
                    string.Join(", ", operation["responses"]!.Keys.Where(s => s.StartsWith('2')).Order())
                );

            void Compare(string what, string code, string document)
            {
                if (code != document)
                    differences.Add($"{route}: {what}: the code says {code}, the document {document}");
            }
        }
        Assert.Empty(differences);
    }

    private static IEnumerable<string> Parameters(ApiNode operation, ServiceRoute route) =>
        from parameter in operation["parameters"]?.Json as JsonArray ?? []
        where parameter["in"]!.GetValue<string>() != "path" || route.Path.Contains('{', StringComparison.Ordinal)
        orderby parameter["name"]!.GetValue<string>()
        select parameter["name"]!.GetValue<string>();

    /// <summary>"nothing" where no schema of JSON is given.</summary>
    private static string SchemaName(ApiNode? content) => content?["content"]?["application/json"]?["schema"]?.Name ?? "nothing";

    private static List<(string Method, string Path, ApiNode Operation)> Operations(string app)
    {
        var paths = ApiNode.Load($"{app}.yaml")["paths"]!;
        return [.. paths.Keys.SelectMany(path => paths[path]!.Keys.Select(method => (method, path, paths[path]![method]!)))];
    }
}
