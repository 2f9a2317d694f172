using System.Diagnostics;
using System.Globalization;
using System.Net;
using Dapr.Embedded;
using Dapr.Embedded.Names;
using Microsoft.Data.Sqlite;

namespace EmbeddedDapr.Tests.Names;

/// <summary>
/// A runtime here and one in another process, which know of each other by the names folder alone, as <c>anomaly up</c> and <c>anomaly daprd</c> do.
/// </summary>
public sealed class TwoProcessesTests : IDisposable
{
    private const string ApiToken = "api-token-of-both";
    private readonly string folder = Directory.CreateTempSubdirectory("processes-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Names => Path.Combine(folder, "names");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Invoke_AppOfAnotherProcess_WorksBothWaysThoughBothApisWantTheirToken()
    {
        await using var here = await TestApp.StartAsync(Token);
        await using var there = await TestApp.StartAsync(Token);
        here.Answer = seen => (200, $"here {seen.Path}");
        there.Answer = seen => (200, $"there {seen.Path}");
        var options = new SidecarOptions
        {
            AppId = "inference",
            AppPort = here.Port,
            ApiToken = ApiToken,
            AppApiToken = "token-of-the-app",
        };
        await using var dapr = await Dapr.Embedded.EmbeddedDapr.StartAsync(
            new EmbeddedDaprOptions { NamesDirectory = Names, Sidecars = [options] },
            Token
        );
        using var process = Start(there.Port);
        var port = await PortAsync(process);

        Assert.Equal("here /x", await AskAsync(port, "inference"));
        Assert.Equal("there /x", await AskAsync(dapr.Sidecars["inference"].HttpPort, "shop"));
        // The token of the API ends at the caller's sidecar; the app gets that of its own.
        Assert.Equal("token-of-the-app", here.Seen.Single(seen => seen.Path == "/x").Headers["dapr-api-token"]);
        process.Kill();
        await process.WaitForExitAsync(Token);
    }

    [Fact]
    public async Task Find_ProcessThatWasKilled_IsNotFoundAndItsEntryIsRemoved()
    {
        await using var app = await TestApp.StartAsync(Token);
        await using var names = await DiskNames.OpenAsync(Names, TimeProvider.System, Token);
        using var process = Start(app.Port);
        await PortAsync(process);
        Assert.NotNull(await names.FindAsync("shop", "default", Token));
        Assert.Equal(1, Entries());

        process.Kill();
        await process.WaitForExitAsync(Token);

        Assert.Null(await names.FindAsync("shop", "default", Token));
        Assert.Equal(0, Entries());
    }

    private Process Start(int appPort)
    {
        var resources = Directory.CreateDirectory(Path.Combine(folder, "resources")).FullName;
        return SidecarProcess.Start(appPort, resources, Path.Combine(folder, "data"), Names, ApiToken);
    }

    private static async Task<int> PortAsync(Process process)
    {
        if (await process.StandardOutput.ReadLineAsync(Token) is not { } line)
            throw new InvalidOperationException(await process.StandardError.ReadToEndAsync(Token));
        return int.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture);
    }

    private static async Task<string> AskAsync(int port, string appId)
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        http.DefaultRequestHeaders.Add("dapr-api-token", ApiToken);
        using var answer = await http.GetAsync($"/v1.0/invoke/{appId}/method/x", Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync(Token);
    }

    private long Entries()
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(Names, "names.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT COUNT(*) FROM hosts";
        return (long)command.ExecuteScalar()!;
    }
}
