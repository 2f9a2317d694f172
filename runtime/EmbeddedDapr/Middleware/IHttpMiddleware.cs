using Dapr.Embedded.Components;
using Microsoft.AspNetCore.Http;

namespace Dapr.Embedded.Middleware;

/// <summary>A component of <c>spec.httpPipeline</c>: sees each request of the HTTP port before its route is chosen.</summary>
internal interface IHttpMiddleware : IComponent
{
    /// <summary>Answers, or changes the request and lets it go on.</summary>
    Task InvokeAsync(HttpContext http, RequestDelegate next);
}
