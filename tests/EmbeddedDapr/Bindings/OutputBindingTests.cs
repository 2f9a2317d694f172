using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.Bindings;

public sealed class OutputBindingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("../../../outside.txt")]
    [InlineData("/outside.txt")]
    [InlineData("a/../../outside.txt")]
    [InlineData("..\\\\outside.txt")]
    public async Task LocalStorage_NameThatClimbsOut_StaysBelowTheRoot(string name)
    {
        var root = Directory.CreateTempSubdirectory("local-").FullName;
        await using var sidecar = await StartAsync([Component("files", "bindings.localstorage", ("rootPath", root + "/inner"))], Token);
        Assert.Equal(
            HttpStatusCode.OK,
            (await InvokeAsync(sidecar, "files", $$$"""{"operation":"create","data":"x","metadata":{"fileName":"{{{name}}}"}}""")).StatusCode
        );
        Assert.Equal([Path.Combine(root, "inner", "outside.txt")], Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories));
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public async Task LocalStorage_FolderOfTheSystem_IsRefusedAsRoot()
    {
        var error = await Assert.ThrowsAsync<Dapr.Embedded.EmbeddedDaprException>(() =>
            StartAsync([Component("files", "bindings.localstorage", ("rootPath", "/etc/x"))], Token)
        );
        Assert.Contains("rootPath: /etc/x is a folder of the system", error.Message);
    }

    [Fact]
    public async Task Http_DaprClient_SendsDataAndGetsTheAnswer()
    {
        await using var app = await TestApp.StartAsync(Token);
        app.Answer = seen => (seen.Path == "/broken" ? 503 : 200, $"\"{seen.Method} {seen.Body}\"");
        await using var sidecar = await StartAsync([Component("out", "bindings.http", ("url", $"http://127.0.0.1:{app.Port}"))], Token);
        using var client = sidecar.Client();
        Assert.Equal(
            "PUT 7",
            await client.InvokeBindingAsync<int, string>("out", "put", 7, new Dictionary<string, string> { ["path"] = "/there" }, Token)
        );
        Assert.Equal("/there", app.Seen.Single().Path);
        var answer = await InvokeAsync(sidecar, "out", """{"operation":"get","metadata":{"path":"/broken"}}""");
        Assert.Equal((HttpStatusCode.InternalServerError, "503"), (answer.StatusCode, answer.Headers.GetValues("metadata.statusCode").Single()));
        Assert.Equal(
            HttpStatusCode.InternalServerError,
            (await InvokeAsync(sidecar, "out", """{"operation":"get","metadata":{"path":"/../up"}}""")).StatusCode
        );
    }

    [Fact]
    public async Task Smtp_Create_DeliversOneMailToEveryAddress()
    {
        await using var server = MailServer.Start();
        await using var sidecar = await StartAsync(
            [
                Component(
                    "mail",
                    "bindings.smtp",
                    ("host", "127.0.0.1"),
                    ("port", $"{server.Port}"),
                    ("emailFrom", "dapr@example.test"),
                    ("subject", "from the component")
                ),
            ],
            Token
        );
        var answer = await InvokeAsync(
            sidecar,
            "mail",
            """{"operation":"create","data":"<b>hello</b>","metadata":"""
                + """{"emailTo":"a@example.test; b@example.test","emailBCC":"c@example.test","subject":"from the request"}}"""
        );
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        var mail = Assert.Single(server.Mails);
        Assert.Equal(["a@example.test", "b@example.test", "c@example.test"], mail.Recipients);
        Assert.Contains("Subject: from the request", mail.Text);
        Assert.Contains("<b>hello</b>", mail.Text);
        Assert.Contains("X-Priority: 3", mail.Text);
        Assert.DoesNotContain("c@example.test", mail.Text);
    }

    [Theory]
    [InlineData("""{"operation":"create","data":"x"}""", "emailTo property not supplied")]
    [InlineData("""{"operation":"create","data":"x","metadata":{"emailTo":"nobody at all <"}}""", "is no mail address")]
    [InlineData(
        """{"operation":"create","data":"x","metadata":{"emailTo":"a@b.c","priority":"9"}}""",
        "priority value must be between 1 (highest) and 5 (lowest)"
    )]
    [InlineData("""{"operation":"create","data":"x","metadata":{"emailTo":"a@b.c"}}""", "sending email failed: 127.0.0.1:1")]
    public async Task Smtp_WhatCannotBeSent_IsADaprError(string body, string message)
    {
        await using var sidecar = await StartAsync(
            [Component("mail", "bindings.smtp", ("host", "127.0.0.1"), ("port", "1"), ("emailFrom", "dapr@example.test"), ("subject", "s"))],
            Token
        );
        var answer = await InvokeAsync(sidecar, "mail", body);
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        var error = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal("ERR_INVOKE_OUTPUT_BINDING", error.GetProperty("errorCode").GetString());
        Assert.Contains(message, error.GetProperty("message").GetString());
    }

    private static Task<HttpResponseMessage> InvokeAsync(TestSidecar sidecar, string name, string body) =>
        sidecar.Http.PostAsync($"/v1.0/bindings/{name}", new StringContent(body), Token);
}
