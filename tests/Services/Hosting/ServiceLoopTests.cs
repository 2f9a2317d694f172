using System.Net;
using System.Net.Http.Json;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Telemetry;
using Dapr.Anomaly.Services.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Dapr.Anomaly.Services.Tests.Hosting;

public sealed class ServiceLoopTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Pass_ThatThrows_IsToldOnHealthzAndTriedAgain_AndTheServiceGoesOn()
    {
        TestLoop loop = null!;
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        var (app, _) = await dapr.AddAsync(
            "looping",
            args =>
            {
                var builder = AnomalyApp.CreateBuilder("looping", args);
                builder.Services.AddSingleton<TestLoop>();
                builder.Services.AddHostedService(s => loop = s.GetRequiredService<TestLoop>());
                return builder.Build().UseAnomalyDefaults();
            }
        );
        using var http = new HttpClient { BaseAddress = new(app.Urls.First()) };

        await Eventually.TrueAsync(() => loop.Begun && loop.Passes > 0, "the loop has begun at its second try, and passes");
        Assert.Equal(HttpStatusCode.NoContent, (await http.GetAsync("healthz")).StatusCode);

        loop.Trouble = new NullReferenceException("a column is missing");
        var ill = await Eventually.GetAsync(() => HealthAsync(http), "the trouble is told");
        var down = Assert.Single(ill.Down);
        Assert.Equal(("test", "a column is missing"), (down.Loop, down.Reason));
        Assert.Matches($"{MetricNames.LoopUp}.*loop=\"test\".* 0", await http.GetStringAsync("metrics"));

        loop.Trouble = null;
        var passes = loop.Passes;
        await Eventually.TrueAsync(() => loop.Passes > passes, "the loop goes on");
        await Eventually.TrueAsync(async () => (await http.GetAsync("healthz")).StatusCode == HttpStatusCode.NoContent, "it is well again");
        await app.StopAsync();
        Assert.True(loop.Ended);
        var log = await File.ReadAllTextAsync(Path.Combine(dapr.Data.Path, "logs", "looping.log"));
        Assert.Contains("loop test: a column is missing; tried again in 1 s", log);
        Assert.Contains("loop test: works again after", log);
    }

    [Fact]
    public void EveryBackgroundServiceOfOurs_IsASupervisedLoop()
    {
        Type[] hosts =
        [
            typeof(ServiceLoop),
            typeof(Anomaly.Alerts.AlertsHost),
            typeof(Anomaly.Collector.CollectorHost),
            typeof(Anomaly.Console.ConsoleHost),
            typeof(Anomaly.Featurizer.FeaturizerHost),
            typeof(Anomaly.Forecaster.ForecasterHost),
            typeof(Anomaly.Inference.InferenceHost),
            typeof(Anomaly.Trainer.TrainerHost),
            typeof(Anomaly.Workflows.TrainModel.TrainModelWorkflow),
        ];
        var loops = hosts
            .SelectMany(h => h.Assembly.GetTypes())
            .Where(t => t is { IsAbstract: false } && t.IsAssignableTo(typeof(IHostedService)))
            .ToArray();
        Assert.True(loops.Length > 5, "this test sees the loops");
        Assert.All(loops, t => Assert.True(t.IsAssignableTo(typeof(ServiceLoop)), $"{t} is no {nameof(ServiceLoop)}"));
    }

    private static async Task<HealthV1?> HealthAsync(HttpClient http)
    {
        using var answer = await http.GetAsync("healthz");
        return answer.StatusCode == HttpStatusCode.ServiceUnavailable ? await answer.Content.ReadFromJsonAsync<HealthV1>(MessageJson.Options) : null;
    }

    private sealed class TestLoop(LoopHost host) : ServiceLoop("test", host)
    {
        private int _begins;

        public volatile Exception? Trouble;

        public bool Begun => Volatile.Read(ref _begins) > 1;

        public int Passes { get; private set; }

        public bool Ended { get; private set; }

        protected override async Task BeginAsync(CancellationToken cancellationToken)
        {
            await base.BeginAsync(cancellationToken);
            if (Interlocked.Increment(ref _begins) == 1)
                throw new InvalidDataException("the first beginning fails");
        }

        protected override async Task PassAsync(CancellationToken cancellationToken)
        {
            if (Trouble is { } trouble)
                throw trouble;
            Passes++;
            await Task.Delay(TimeSpan.FromMilliseconds(10), cancellationToken);
        }

        protected override Task EndAsync()
        {
            Ended = true;
            return Task.CompletedTask;
        }
    }
}
