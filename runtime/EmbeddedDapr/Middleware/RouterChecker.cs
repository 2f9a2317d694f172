using System.Text.RegularExpressions;
using Dapr.Embedded.Components;
using Dapr.Embedded.Errors;
using Dapr.Embedded.Resources;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Dapr.Embedded.Middleware;

/// <summary>
/// <c>middleware.http.routerchecker</c>: refuses with 400 what metadata <c>rule</c>, a regular expression over path and query, does not match.
/// </summary>
internal sealed class RouterChecker(Regex rule) : IHttpMiddleware
{
    public static ComponentType Type { get; } = new("middleware.http.routerchecker", (spec, _, _) => Task.FromResult<IComponent>(Read(spec)));

    public IReadOnlyList<string> Capabilities => [];

    public Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        return rule.IsMatch(http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget)
            ? next(http)
            : HttpErrors.WriteTextAsync(http, StatusCodes.Status400BadRequest, "invalid router");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static RouterChecker Read(ComponentSpec spec)
    {
        var rule = spec.Metadata.Text("rule") ?? "";
        try
        {
            return new RouterChecker(new Regex(rule, RegexOptions.CultureInvariant, TimeSpan.FromMilliseconds(100)));
        }
        catch (RegexParseException error)
        {
            throw new ResourceException($"metadata rule is \"{rule}\", expected a regular expression: {error.Message}", error);
        }
    }
}
