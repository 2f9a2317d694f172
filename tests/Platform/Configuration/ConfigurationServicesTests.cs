using Dapr.Anomaly.Platform.Configuration;
using Microsoft.Extensions.Configuration;

namespace Dapr.Anomaly.Platform.Tests.Configuration;

/// <summary>What a service reads of the file and of its settings, and which mistakes stop it.</summary>
public sealed class ConfigurationServicesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("configuration-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void LoadAlerts_NoServer_NeedsNone()
    {
        var alerts = ConfigurationServices.LoadAlerts(Settings("alerts: { budget: { default: 5/day }, routes: [slack] }"));
        Assert.Equal("5/day", alerts.DefaultBudget.ToString());
        Assert.Equal(["slack"], alerts.Routes);
    }

    [Fact]
    public void LoadAlerts_MistakesElsewhere_AreNotItsBusiness() =>
        Assert.Equal(
            "3/week",
            ConfigurationServices
                .LoadAlerts(
                    Settings(
                        "reader: { url: nowhere, password: \"%{UNSET}\" }\nschedulers: { d: { fit_every: often } }\nalerts: { budget: { default: "
                            + "3/week } }"
                    )
                )
                .DefaultBudget.ToString()
        );

    [Fact]
    public void LoadAlerts_OwnMistake_NamesThePlace() =>
        Assert.EndsWith(
            "anomaly.yaml:2: alerts.budget.shop: \"often\" is not a rate; write N/hour, N/day or N/week",
            Assert
                .Throws<ConfigurationException>(() => ConfigurationServices.LoadAlerts(Settings("preset: node\nalerts: { budget: { shop: often } }")))
                .Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void LoadSchedulers_OnlyThem_AreReadAndChecked()
    {
        var schedulers = ConfigurationServices.LoadSchedulers(
            Settings("alerts: { budget: often }\nschedulers: { hourly: { fit_every: 1h, fit_window: 2d } }")
        );
        Assert.Equal(new SchedulerConfiguration(TimeSpan.FromHours(1), TimeSpan.FromDays(2)), Assert.Single(schedulers.ByName).Value);
        Assert.EndsWith(
            "anomaly.yaml:1: schedulers.d.fit_every: \"often\" is not a duration; write 15s, 5m, 24h, 14d or 1h30m",
            Assert
                .Throws<ConfigurationException>(() => ConfigurationServices.LoadSchedulers(Settings("schedulers: { d: { fit_every: often } }")))
                .Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void LoadSchedulers_NoFile_IsDaily() =>
        Assert.Equal(["daily"], ConfigurationServices.LoadSchedulers(Settings(null, (ConfigurationServices.UrlKey, "http://prom:9090"))).ByName.Keys);

    [Fact]
    public void LoadSchedulers_FileThatIsNotThere_IsNamed() =>
        Assert.Equal(
            "/nowhere/anomaly.yaml: no such file",
            Assert
                .Throws<ConfigurationException>(() =>
                    ConfigurationServices.LoadSchedulers(Settings(null, (ConfigurationServices.FileKey, "/nowhere/anomaly.yaml")))
                )
                .Message
        );

    [Theory]
    [InlineData("1800")]
    [InlineData("0.5")]
    [InlineData("15s")]
    public void Load_StepOutsideTheLimits_IsRefusedAsInTheFile(string step) =>
        Assert.Equal(
            $"ANOMALY_STEP_SECONDS: \"{step}\" is not a number of seconds from 1 to 900",
            Assert
                .Throws<ConfigurationException>(() =>
                    ConfigurationServices.Load(Settings("reader: { url: http://p }", (ConfigurationServices.StepKey, step)))
                )
                .Message
        );

    [Fact]
    public void Load_SettingsOfTheEnvironment_WinOverTheFile()
    {
        var configuration = ConfigurationServices.Load(
            Settings(
                "reader: { url: http://p, step: 30s }\nalerts: { budget: { default: 1/day, shop: 3/day }, routes: [slack] }",
                (ConfigurationServices.UrlKey, "http://other"),
                (ConfigurationServices.StepKey, "5"),
                (ConfigurationServices.RoutesKey, "email, pagerduty"),
                (ConfigurationServices.BudgetKey, "4/hour")
            )
        );
        Assert.Equal(new Uri("http://other"), configuration.Reader.Prometheus.Url);
        Assert.Equal(TimeSpan.FromSeconds(5), configuration.Reader.Step);
        Assert.Equal(["email", "pagerduty"], configuration.Alerts.Routes);
        Assert.Equal(new AlertBudget(4, TimeSpan.FromHours(1)), configuration.Alerts.BudgetOf("any"));
        Assert.Equal(new AlertBudget(3, TimeSpan.FromDays(1)), configuration.Alerts.BudgetOf("shop"));
    }

    [Fact]
    public void Load_BudgetThatIsNoRate_NamesTheVariable() =>
        Assert.Equal(
            "ANOMALY_BUDGET: \"few\" is not a rate; write N/hour, N/day or N/week",
            Assert
                .Throws<ConfigurationException>(() => ConfigurationServices.LoadAlerts(Settings("{}", (ConfigurationServices.BudgetKey, "few"))))
                .Message
        );

    private IConfiguration Settings(string? yaml, params (string Key, string Value)[] settings)
    {
        var values = settings.ToDictionary(s => s.Key, s => (string?)s.Value);
        if (yaml is not null)
        {
            var file = Path.Combine(_folder, "anomaly.yaml");
            File.WriteAllText(file, yaml);
            values[ConfigurationServices.FileKey] = file;
        }
        return new ConfigurationBuilder().AddInMemoryCollection(values).Build();
    }
}
