using System.Net;
using System.Text.Json;
using Dapr.Embedded;
using EmbeddedDapr.Tests.Workflows.TaskHub;

namespace EmbeddedDapr.Tests.Workflows.Http;

public sealed class WorkflowRoutesTests : IAsyncLifetime
{
    private Dapr.Embedded.EmbeddedDapr dapr = null!;
    private HandWorker worker = null!;
    private HttpClient client = null!;

    public async ValueTask InitializeAsync()
    {
        var options = new EmbeddedDaprOptions { Sidecars = [new SidecarOptions { AppId = "a" }] };
        dapr = await Dapr.Embedded.EmbeddedDapr.StartAsync(options, TestContext.Current.CancellationToken);
        worker = await new HandWorker(dapr.Sidecars["a"].GrpcEndpoint).ConnectAsync();
        client = new HttpClient { BaseAddress = dapr.Sidecars["a"].HttpEndpoint };
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await worker.DisposeAsync();
        await dapr.DisposeAsync();
    }

    [Theory]
    [InlineData("v1.0")]
    [InlineData("v1.0-beta1")]
    [InlineData("v1.0-alpha1")]
    public async Task Start_then_get_shows_input_output_and_times(string version)
    {
        var (status, body) = await SendAsync(HttpMethod.Post, $"/{version}/workflows/any/Hello%20W/start?instanceID=i", "{\"a\": 1}");
        Assert.Equal((HttpStatusCode.Accepted, "{\"instanceID\":\"i\"}"), (status, body));
        var turn = await worker.NextAsync();
        Assert.Equal("Hello W", turn.WorkflowRequest.NewEvents[1].ExecutionStarted.Name);
        await worker.AnswerAsync(turn, HandWorker.Complete(0, "3"));
        await worker.EndAsync("i");
        var (_, text) = await SendAsync(HttpMethod.Get, $"/{version}/workflows/any/i");
        using var json = JsonDocument.Parse(text);
        Assert.Equal("COMPLETED", json.RootElement.GetProperty("runtimeStatus").GetString());
        Assert.Equal("{\"a\": 1}", json.RootElement.GetProperty("properties").GetProperty("dapr.workflow.input").GetString());
        Assert.Equal("3", json.RootElement.GetProperty("properties").GetProperty("dapr.workflow.output").GetString());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$", json.RootElement.GetProperty("createdAt").GetString());
    }

    [Theory]
    [InlineData("POST", "/v1.0/workflows/dapr/w/start?instanceID=a.b", HttpStatusCode.BadRequest, "ERR_INSTANCE_ID_INVALID")]
    [InlineData(
        "POST",
        "/v1.0/workflows/dapr/w/start?instanceID=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        HttpStatusCode.BadRequest,
        "ERR_INSTANCE_ID_TOO_LONG"
    )]
    [InlineData("GET", "/v1.0/workflows/dapr/nobody", HttpStatusCode.NotFound, "ERR_INSTANCE_ID_NOT_FOUND")]
    [InlineData("GET", "/v1.0/workflows/dapr/a%2Fb", HttpStatusCode.NotFound, "ERR_INSTANCE_ID_NOT_FOUND")]
    [InlineData("POST", "/v1.0/workflows/dapr/nobody/terminate", HttpStatusCode.NotFound, "ERR_INSTANCE_ID_NOT_FOUND")]
    [InlineData("POST", "/v1.0/workflows/dapr/nobody/purge", HttpStatusCode.NotFound, "ERR_INSTANCE_ID_NOT_FOUND")]
    [InlineData("POST", "/v1.0/workflows/dapr/nobody/pause", HttpStatusCode.InternalServerError, "ERR_PAUSE_WORKFLOW")]
    [InlineData("POST", "/v1.0/workflows/dapr/nobody/resume", HttpStatusCode.InternalServerError, "ERR_RESUME_WORKFLOW")]
    [InlineData("POST", "/v1.0/workflows/dapr/nobody/raiseEvent/e", HttpStatusCode.InternalServerError, "ERR_RAISE_EVENT_WORKFLOW")]
    [InlineData("POST", "/v1.0/workflows/dapr/nobody/Terminate", HttpStatusCode.NotFound, "ERR_DIRECT_INVOKE")]
    [InlineData("PUT", "/v1.0/workflows/dapr/w/start", HttpStatusCode.NotFound, "ERR_DIRECT_INVOKE")]
    [InlineData("POST", "/v1.0/workflows/dapr/start", HttpStatusCode.NotFound, "ERR_DIRECT_INVOKE")]
    public async Task Errors_have_the_status_and_code_of_daprd(string verb, string path, HttpStatusCode expected, string errorCode)
    {
        var (status, body) = await SendAsync(new HttpMethod(verb), path);
        Assert.Equal(expected, status);
        Assert.Contains($"\"errorCode\":\"{errorCode}\"", body);
    }

    [Fact]
    public async Task Verbs_without_payload_refuse_a_body_that_is_no_object()
    {
        var (status, body) = await SendAsync(HttpMethod.Post, "/v1.0/workflows/dapr/nobody/terminate", "[]");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("failed deserializing HTTP body: proto:", body);
    }

    [Fact]
    public async Task Raise_decodes_the_event_name_and_sends_the_body_as_it_is()
    {
        await SendAsync(HttpMethod.Post, "/v1.0/workflows/dapr/w/start?instanceID=i");
        await worker.AnswerAsync(await worker.NextAsync());
        Assert.Equal(HttpStatusCode.Accepted, (await SendAsync(HttpMethod.Post, "/v1.0/workflows/dapr/i/raiseEvent/a%20b%2F%C3%BC", "{ }")).Status);
        var turn = await worker.NextAsync();
        Assert.Equal(("a b/ü", "{ }"), (turn.WorkflowRequest.NewEvents[1].EventRaised.Name, turn.WorkflowRequest.NewEvents[1].EventRaised.Input));
        await worker.AnswerAsync(turn, HandWorker.Complete(0));
    }

    private async Task<(HttpStatusCode Status, string Body)> SendAsync(HttpMethod verb, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(verb, path) { Content = body is null ? null : new StringContent(body) };
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
