using System.CommandLine;
using System.Globalization;
using Dapr.Anomaly.Cli.Up;
using Dapr.Anomaly.Platform.Messages;
using Spectre.Console;

namespace Dapr.Anomaly.Cli.Demo;

/// <summary>
/// anomaly demo-cpu: a CPU fault in the running demo, and the incident that must follow within 30 seconds. On a real Prometheus it burns this
/// machine's cores.
/// </summary>
internal static class DemoCpuCommand
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    public static Command Create()
    {
        var data = CommonOptions.RunningData();
        var workload = new Option<string>("--workload") { Description = "Workload of the simulated cluster", DefaultValueFactory = _ => "checkout" };
        var within = new Option<int>("--within") { Description = "Seconds until the incident must be open", DefaultValueFactory = _ => 30 };
        var command = new Command("demo-cpu", "Inject a CPU fault into the running demo and wait for its incident") { data, workload, within };
        command.SetAction(
            (parsed, cancellationToken) =>
                RunAsync(
                    Session.Read(parsed.GetValue(data)!),
                    parsed.GetValue(workload)!,
                    TimeSpan.FromSeconds(parsed.GetValue(within)),
                    TimeProvider.System,
                    cancellationToken
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(Session session, string workload, TimeSpan within, TimeProvider time, CancellationToken cancellationToken)
    {
        var screen = new Screen(AnsiConsole.Console);
        using var http = RuntimeClient.Create(session.ApiToken, TimeSpan.FromSeconds(10));
        var begun = time.GetUtcNow();
        using var burner = session.Simulator is null ? new CpuBurner() : null;
        if (session.Simulator is { } simulator)
        {
            using var simulated = RuntimeClient.Create(apiToken: null, TimeSpan.FromSeconds(10));
            using var answer = await simulated.PostAsJsonAsync(
                new Uri(simulator, "/simulator/faults"),
                new
                {
                    kind = "cpu",
                    workload,
                    duration = "3m",
                },
                cancellationToken
            );
            if (!answer.IsSuccessStatusCode)
                throw new UserException(
                    $"the simulator refused the fault: {await answer.Content.ReadAsStringAsync(cancellationToken)}",
                    ExitCodes.Failure
                );
        }
        screen.Plain(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{begun.ToLocalTime():HH:mm:ss}  FAULT     "
                    + $"{(burner is null ? $"cpu saturation of {workload}" : "every core of this machine is burnt")}"
            )
        );
        while (time.GetUtcNow() - begun < within)
        {
            var incidents = await http.GetFromJsonAsync<IncidentListV1>(
                new Uri(session.Runtime, $"/v1.0/invoke/{Apps.Alerts}/method/v1/incidents"),
                MessageJson.Options,
                cancellationToken
            );
            if (
                incidents!.Incidents.FirstOrDefault(i =>
                    i.OpenedAt >= begun - TimeSpan.FromSeconds(1) && (burner is not null || i.Workload.EndsWith(workload, StringComparison.Ordinal))
                ) is
                { } incident
            )
            {
                screen.Plain($"{time.GetLocalNow():HH:mm:ss}  INCIDENT  {incident.Title}");
                screen.Plain(
                    string.Create(CultureInfo.InvariantCulture, $"demo-cpu: OK, {(time.GetUtcNow() - begun).TotalSeconds:0.0} s after the fault")
                );
                return ExitCodes.Success;
            }
            await Task.Delay(Poll, time, cancellationToken);
        }
        throw new UserException($"demo-cpu: no incident on {workload} within {within.TotalSeconds:0} s", ExitCodes.Failure);
    }
}
