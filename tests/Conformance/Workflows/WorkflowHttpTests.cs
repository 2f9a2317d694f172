using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Dapr.Conformance.Tests.Backends;
using Dapr.Conformance.Tests.Fixture;

namespace Dapr.Conformance.Tests.Workflows;

/// <summary>The workflow HTTP API.</summary>
public class WorkflowHttpTests(DaprFixture dapr, WorkflowHost workflows) : ConformanceTest(dapr), IClassFixture<WorkflowHost>
{
    private const string Api = "/v1.0/workflows/dapr";

    [Fact]
    public async Task Start_is_202_with_the_instance_id()
    {
        var id = Unique("http");
        var (status, body) = await PostAsync($"{Api}/Chain/start?instanceID={id}", "3");

        Assert.Equal((202, id), (status, (string?)body?["instanceID"]));
    }

    [Fact]
    public async Task Start_without_an_id_makes_one()
    {
        var (status, body) = await PostAsync($"{Api}/Chain/start", "3");

        Assert.Equal(202, status);
        Assert.True(Guid.TryParse((string?)body?["instanceID"], out _));
    }

    [Fact]
    public async Task The_body_of_a_start_is_the_input_and_the_state_has_the_output_as_text()
    {
        var id = await StartAsync("Chain", "3");
        var state = await StatusAsync(id, "COMPLETED");

        Assert.Equal(
            ("Chain", "3", "12"),
            ((string?)state["workflowName"], Property(state, "dapr.workflow.input"), Property(state, "dapr.workflow.output"))
        );
        Assert.EndsWith("Z", (string?)state["createdAt"]);
    }

    [Fact]
    public async Task A_failure_is_in_the_properties()
    {
        var state = await StatusAsync(await StartAsync("CallFail", "\"no stock\""), "FAILED");

        Assert.Equal("Dapr.Workflow.WorkflowTaskFailedException", Property(state, "dapr.workflow.failure.error_type"));
        Assert.Equal("Task failed: no stock", Property(state, "dapr.workflow.failure.error_message"));
    }

    [Fact]
    public async Task A_custom_status_is_in_the_properties()
    {
        var id = await StartAsync("Status", "\"\"");
        JsonNode state = new JsonObject();
        await Health.UntilAsync(
            "the status is set",
            async () => Property(state = await GetAsync(id), "dapr.workflow.custom_status") is not null,
            Cancellation
        );

        Assert.Equal("{\"step\":\"waiting\"}", Property(state, "dapr.workflow.custom_status"));
    }

    [Fact]
    public async Task An_event_is_202_and_reaches_the_workflow()
    {
        var id = await StartAsync("Collect", "1");
        await StatusAsync(id, "RUNNING");

        Assert.Equal(202, (await PostAsync($"{Api}/{id}/raiseEvent/Item", "\"x\"")).Status);
        Assert.Equal("\"x\"", Property(await StatusAsync(id, "COMPLETED"), "dapr.workflow.output"));
    }

    [Fact]
    public async Task Pause_and_resume_are_202_and_show_in_the_state()
    {
        var id = await StartAsync("Collect", "1");
        await StatusAsync(id, "RUNNING");

        Assert.Equal(202, (await PostAsync($"{Api}/{id}/pause", "")).Status);
        await StatusAsync(id, "SUSPENDED");
        Assert.Equal(202, (await PostAsync($"{Api}/{id}/resume", "")).Status);
        await StatusAsync(id, "RUNNING");
    }

    [Fact]
    public async Task Terminate_is_202_and_shows_in_the_state()
    {
        var id = await StartAsync("Collect", "1");
        await StatusAsync(id, "RUNNING");

        Assert.Equal(202, (await PostAsync($"{Api}/{id}/terminate", "")).Status);
        await StatusAsync(id, "TERMINATED");
    }

    [Fact]
    public async Task Purge_is_202_and_the_instance_is_gone()
    {
        var id = await StartAsync("Chain", "1");
        await StatusAsync(id, "COMPLETED");

        Assert.Equal(202, (await PostAsync($"{Api}/{id}/purge", "")).Status);
        using var client = await SidecarAsync();
        using var gone = await client.GetAsync(new Uri($"{Api}/{id}", UriKind.Relative), Cancellation);
        Assert.Equal(
            (HttpStatusCode.NotFound, "ERR_INSTANCE_ID_NOT_FOUND"),
            (gone.StatusCode, (string?)(await gone.Content.ReadFromJsonAsync<JsonNode>(Cancellation))?["errorCode"])
        );
    }

    [Fact]
    public async Task Purge_of_a_running_instance_is_500()
    {
        var id = await StartAsync("Collect", "1");
        await StatusAsync(id, "RUNNING");

        Assert.Equal((500, "ERR_PURGE_WORKFLOW"), await ErrorAsync($"{Api}/{id}/purge"));
    }

    [Theory]
    [InlineData("terminate", 404, "ERR_INSTANCE_ID_NOT_FOUND")]
    [InlineData("purge", 404, "ERR_INSTANCE_ID_NOT_FOUND")]
    [InlineData("pause", 500, "ERR_PAUSE_WORKFLOW")]
    [InlineData("resume", 500, "ERR_RESUME_WORKFLOW")]
    [InlineData("raiseEvent/Item", 500, "ERR_RAISE_EVENT_WORKFLOW")]
    public async Task An_unknown_instance_is_an_error(string action, int status, string errorCode) =>
        Assert.Equal((status, errorCode), await ErrorAsync($"{Api}/{Unique("none")}/{action}"));

    [Theory]
    [InlineData("raiseEvent/Item")]
    [InlineData("terminate")]
    [InlineData("pause")]
    [InlineData("resume")]
    public async Task An_ended_instance_accepts_and_ignores(string action)
    {
        var id = await StartAsync("Chain", "1");
        await StatusAsync(id, "COMPLETED");

        Assert.Equal(202, (await PostAsync($"{Api}/{id}/{action}", "")).Status);
        Assert.Equal("COMPLETED", (string?)(await GetAsync(id))["runtimeStatus"]);
    }

    [Theory]
    [InlineData("with.dot", "ERR_INSTANCE_ID_INVALID")]
    [InlineData("with%20space", "ERR_INSTANCE_ID_INVALID")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123x", "ERR_INSTANCE_ID_TOO_LONG")]
    public async Task Ids_of_starts_are_checked(string id, string errorCode) =>
        Assert.Equal((400, errorCode), await ErrorAsync($"{Api}/Chain/start?instanceID={id}"));

    [Theory]
    [InlineData("pause")]
    [InlineData("resume")]
    [InlineData("terminate")]
    [InlineData("purge")]
    public async Task A_body_that_is_no_object_is_malformed(string action)
    {
        var (status, body) = await PostAsync($"{Api}/{Unique("any")}/{action}", "not json");

        Assert.Equal((400, "ERR_MALFORMED_REQUEST"), (status, (string?)body?["errorCode"]));
    }

    [Theory]
    [InlineData("/v1.0-beta1")]
    [InlineData("/v1.0-alpha1")]
    public async Task Older_versions_of_the_path_work(string version) =>
        Assert.Equal(202, (await PostAsync($"{version}/workflows/dapr/Chain/start", "1")).Status);

    [Fact]
    public async Task Any_component_name_is_accepted() => Assert.Equal(202, (await PostAsync("/v1.0/workflows/whatever/Chain/start", "1")).Status);

    [Theory]
    [InlineData("PUT", "/v1.0/workflows/dapr/Chain/start")]
    [InlineData("POST", "/v1.0/workflows/dapr/some-id/nonsense")]
    [InlineData("DELETE", "/v1.0/workflows/dapr/some-id")]
    public async Task Other_verbs_and_actions_have_no_route(string verb, string path)
    {
        using HttpRequestMessage request = new(new HttpMethod(verb), path);
        using var response = await (await SidecarAsync()).SendAsync(request, Cancellation);

        Assert.Equal(
            (HttpStatusCode.NotFound, "ERR_DIRECT_INVOKE"),
            (response.StatusCode, (string?)(await response.Content.ReadFromJsonAsync<JsonNode>(Cancellation))?["errorCode"])
        );
    }

    private async Task<HttpClient> SidecarAsync()
    {
        Assert.NotNull(workflows.Client);
        var sidecar = await Dapr.SidecarAsync("wf-sdk", null, Cancellation);
        return Dapr.Http(sidecar);
    }

    private async Task<string> StartAsync(string name, string input)
    {
        var id = Unique("http");
        Assert.Equal(202, (await PostAsync($"{Api}/{name}/start?instanceID={id}", input)).Status);
        return id;
    }

    private async Task<(int Status, JsonNode? Body)> PostAsync(string path, string body)
    {
        using var client = await SidecarAsync();
        using StringContent content = new(body, Encoding.UTF8, "application/json");
        using var response = await client.PostAsync(new Uri(path, UriKind.Relative), body.Length == 0 ? null : content, Cancellation);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        return ((int)response.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text));
    }

    private async Task<(int Status, string? ErrorCode)> ErrorAsync(string path)
    {
        var (status, body) = await PostAsync(path, "");
        return (status, (string?)body?["errorCode"]);
    }

    private async Task<JsonNode> GetAsync(string id)
    {
        using var client = await SidecarAsync();
        return (await client.GetFromJsonAsync<JsonNode>(new Uri($"{Api}/{id}", UriKind.Relative), Cancellation))!;
    }

    private async Task<JsonNode> StatusAsync(string id, string status)
    {
        JsonNode state = new JsonObject();
        await Health.UntilAsync(
            $"{id} is {status}",
            async () => (string?)(state = await GetAsync(id))["runtimeStatus"] == status,
            Cancellation,
            TimeSpan.FromSeconds(20)
        );
        return state;
    }

    private static string? Property(JsonNode state, string name) => (string?)state["properties"]?[name];
}
