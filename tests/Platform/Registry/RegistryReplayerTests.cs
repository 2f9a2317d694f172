using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Registry;
using Dapr.Anomaly.Platform.Registry.Mlflow;
using Dapr.Anomaly.Platform.Telemetry;
using Dapr.Anomaly.Platform.Tests.Registry.Fake;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using static Dapr.Anomaly.Platform.Tests.Registry.MlflowFixture;

namespace Dapr.Anomaly.Platform.Tests.Registry;

/// <summary>The registry as a service gets it from its settings.</summary>
public sealed class RegistryReplayerTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("replayer-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task ServerNamed_TrainingArrivesByItself_AndTheMetricFallsToZero()
    {
        await using var fake = await FakeMlflow.StartAsync();
        using var host = Build(("MLFLOW_TRACKING_URI", fake.Uri));
        await TrainAsync(host.Services.GetRequiredService<IModelRegistry>(), "w1");
        Assert.Contains($"{MetricNames.RegistryPending}{{app=\"trainer\"}} 7", await ScrapeAsync(host));

        await host.StartAsync(TestContext.Current.CancellationToken);
        await UntilAsync(async () =>
            (await ScrapeAsync(host)).Contains($"{MetricNames.RegistryPending}{{app=\"trainer\"}} 0", StringComparison.Ordinal)
        );
        Assert.Equal("champion", fake.Store.Registered.Single().Aliases.Single().Key);

        await TrainAsync(host.Services.GetRequiredService<IModelRegistry>(), "w2", "v2");
        await UntilAsync(() => Task.FromResult(fake.Store.Registered.Single().Aliases["champion"] == "2"));
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task NoServer_EverythingIsLocal_AndTheMetricIsZero()
    {
        using var host = Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        var version = await TrainAsync(host.Services.GetRequiredService<IModelRegistry>(), "w1");
        Assert.Equal("1", version.Version);
        Assert.Equal(7, await host.Services.GetRequiredService<MirroredRegistry>().PendingAsync(TestContext.Current.CancellationToken));
        Assert.Contains($"{MetricNames.RegistryPending}{{app=\"trainer\"}} 0", await ScrapeAsync(host));
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    private IHost Build(params (string Key, string Value)[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([
            new(RegistryServices.DirectoryKey, _directory),
            .. settings.Select(s => new KeyValuePair<string, string?>(s.Key, s.Value)),
        ]);
        builder.Services.AddLogging();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(new AppIdentity("trainer"));
        builder.Services.AddSingleton<ServiceMetrics>();
        builder.Services.AddDaprClient();
        builder.Services.AddSingleton<DaprGate>();
        builder.Services.AddSingleton<LoopHost>();
        builder.Services.AddModelRegistry();
        var host = builder.Build();
        _ = host.Services.GetServices<IHostedService>().ToArray();
        return host;
    }

    private static async Task<string> ScrapeAsync(IHost host)
    {
        using var text = new MemoryStream();
        await host.Services.GetRequiredService<ServiceMetrics>().Registry.CollectAndExportAsTextAsync(text, TestContext.Current.CancellationToken);
        return System.Text.Encoding.UTF8.GetString(text.ToArray());
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await holds())
            await Task.Delay(20, deadline.Token);
    }
}
