using System.Net;
using Dapr.Anomaly.Cli.Demo;
using Dapr.Anomaly.Cli.Tests.Processes;
using Dapr.Anomaly.Cli.Up;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace Dapr.Anomaly.Cli.Tests.Up;

/// <summary>The watch against a runtime that answers as the test says.</summary>
public sealed class SystemWatchTests : IAsyncLifetime
{
    private readonly StringWriter text = new();
    private readonly TextWriter output;
    private WebApplication app = null!;
    private volatile Func<HttpContext, Task> respond = http => http.Response.WriteAsync("{}");
    private int requests;

    public SystemWatchTests() => output = TextWriter.Synchronized(text);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Output
    {
        get
        {
            lock (output)
                return text.ToString();
        }
    }

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        app = builder.Build();
        app.Run(http =>
        {
            Interlocked.Increment(ref requests);
            return respond(http);
        });
        await app.StartAsync(Token);
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    [Fact]
    public async Task FollowIncidents_ServiceAnswers500ThenRecovers_GoesOnAndTellsBothOnce()
    {
        respond = http => FailAsync(http, "the disk is full");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var following = Watch().FollowIncidentsAsync(stop.Token);
        await Until.TrueAsync(() => Volatile.Read(ref requests) >= 2, "it is asked again");
        Assert.False(following.IsCompleted);
        Assert.Equal(1, Count(Output, "✗ v1/incidents: 500 the disk is full; it is asked again until it answers"));

        respond = http => http.Response.WriteAsync("""{"incidents":[],"pending":[],"open":0}""");
        await Until.TrueAsync(() => Output.Contains("answers again after", StringComparison.Ordinal), "the recovery is told");
        await stop.CancelAsync();
        await following.WaitAsync(TimeSpan.FromSeconds(30), Token);
    }

    [Fact]
    public async Task FollowTraining_RuntimeBreaksInBetween_EndsWithTheResult()
    {
        respond = http => FailAsync(http, "busy");
        var following = Watch().FollowTrainingAsync("train-1", Token);
        await Until.TrueAsync(() => Output.Contains("✗ workflow train-1", StringComparison.Ordinal), "the failure is told");
        respond = http =>
            http.Response.WriteAsync(
                """{"instanceID":"train-1","runtimeStatus":"COMPLETED","properties":"""
                    + """{"dapr.workflow.output":"{\"model\":\"m\",\"version\":\"4\",\"seriesCount\":12,\"evaluation\":[]}"}}"""
            );
        Assert.Equal("4", (await following.WaitAsync(TimeSpan.FromSeconds(30), Token)).Version);
    }

    [Fact]
    public async Task Train_StartIsStoredButItsAnswerIsLost_DoesNotStartASecondOne()
    {
        var starts = 0;
        respond = async http =>
        {
            if (http.Request.Path.Value!.EndsWith("/start", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref starts);
                http.Abort();
            }
            else if (Volatile.Read(ref starts) == 0)
                http.Response.StatusCode = StatusCodes.Status404NotFound;
            else
                await http.Response.WriteAsync(
                    """{"instanceID":"x","runtimeStatus":"FAILED","properties":{"dapr.workflow.failure.error_message":"no data"}}"""
                );
        };
        var error = await Assert.ThrowsAsync<UserException>(() => Watch().TrainAsync(new(), Token));
        Assert.EndsWith("ended FAILED: no data", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, starts);
    }

    private SystemWatch Watch()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(output) });
        return new(new Uri(app.Urls.First()), apiToken: null, new Screen(console), TimeProvider.System);
    }

    private static Task FailAsync(HttpContext http, string text)
    {
        http.Response.StatusCode = StatusCodes.Status500InternalServerError;
        return http.Response.WriteAsync(text);
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
