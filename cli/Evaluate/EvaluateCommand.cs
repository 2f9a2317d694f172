using System.Collections.Concurrent;
using System.CommandLine;
using Dapr.Anomaly.Cli.Evaluate.Protocols;
using Dapr.Anomaly.Core.Ensemble;

namespace Dapr.Anomaly.Cli.Evaluate;

/// <summary>anomaly evaluate: the product's own detector on labelled data sets, streaming and past-only, beside floors and controls.</summary>
internal static class EvaluateCommand
{
    private static readonly IReadOnlyList<IProtocol> Protocols =
    [
        new NabProtocol(),
        new TsbProtocol(),
        MachineProtocol.ServerMachines,
        MachineProtocol.ApplicationServers,
        new JumpStarterProtocol(),
        new CloudMonitoringProtocol(),
        new NezhaProtocol(),
    ];

    public static Command Create()
    {
        var protocol = new Option<string>("--protocol")
        {
            Description = $"Data set and its rules: {string.Join(", ", Protocols.Select(p => p.Name))}",
            Required = true,
        };
        var data = new Option<string>("--data") { Description = "Directory of the data sets, or of this one", Required = true };
        var output = new Option<string>("--out") { Description = "JSON file for all figures", Required = true };
        var report = new Option<string?>("--report") { Description = "HTML page with the table and the scores of each series" };
        var members = new Option<string>("--members")
        {
            Description = $"Members that are trained: all, or some of {string.Join(',', MemberName.All)}",
            DefaultValueFactory = _ => "all",
        };
        var seed = new Option<ulong>("--seed") { Description = "Seed of every draw", DefaultValueFactory = _ => 1 };
        var part = new Option<EvaluationPart>("--part")
        {
            Description = "What may be looked at: report, or tune (what is set apart for choosing settings)",
            DefaultValueFactory = _ => EvaluationPart.Report,
        };
        var command = new Command("evaluate", "Measure the detector on labelled data sets, beside floors and controls")
        {
            protocol,
            data,
            output,
            report,
            members,
            seed,
            part,
        };
        command.SetAction(
            (parsed, cancellationToken) =>
                RunAsync(
                    Protocol(parsed.GetRequiredValue(protocol)),
                    parsed.GetRequiredValue(data),
                    parsed.GetRequiredValue(output),
                    parsed.GetValue(report),
                    Members(parsed.GetRequiredValue(members)),
                    parsed.GetValue(seed),
                    parsed.GetValue(part),
                    parsed.InvocationConfiguration,
                    cancellationToken
                )
        );
        return command;
    }

    private static IProtocol Protocol(string name) =>
        Protocols.FirstOrDefault(p => p.Name == name)
        ?? throw Wrong($"--protocol {name}: no such protocol; there are {string.Join(", ", Protocols.Select(p => p.Name))}");

    private static IReadOnlyList<string> Members(string text)
    {
        if (text == "all")
            return MemberName.All;
        var names = text.Split(',', StringSplitOptions.TrimEntries);
        foreach (var name in names)
            if (!MemberName.All.Contains(name))
                throw Wrong($"--members: there is no member \"{name}\"; there are {string.Join(", ", MemberName.All)}");
        return names;
    }

    private static async Task<int> RunAsync(
        IProtocol protocol,
        string data,
        string output,
        string? report,
        IReadOnlyList<string> members,
        ulong seed,
        EvaluationPart part,
        InvocationConfiguration console,
        CancellationToken cancellationToken
    )
    {
        if (part == EvaluationPart.Tune && !protocol.HasTuningPart)
            throw Wrong($"--part tune: nothing of {protocol.Name} is set apart for tuning");
        CanBeWritten("--out", output);
        if (report is not null)
            CanBeWritten("--report", report);
        var folder = DataFolder.Of(data, protocol);
        var sources = protocol.Series(folder, part);
        if (sources.Count == 0)
            throw Wrong($"--data {folder}: it holds no series of {protocol.Name} for this part");
        var evaluation = new SeriesEvaluation(members, seed);
        var results = new ConcurrentDictionary<string, SeriesResult>();
        await Parallel.ForEachAsync(
            sources,
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken },
            (source, token) =>
            {
                results[source.Name] = evaluation.Run(source.Read(), token);
                console.Error.WriteLine($"  {results.Count}/{sources.Count} {source.Name}");
                return ValueTask.CompletedTask;
            }
        );
        var run = EvaluationRun.Of(protocol, folder, part, members, seed, [.. sources.Select(s => results[s.Name])]);
        await File.WriteAllTextAsync(output, EvaluationReport.Text(EvaluationReport.Of(run)), cancellationToken);
        if (report is not null)
            await File.WriteAllTextAsync(report, EvaluationPage.Of(run), cancellationToken);
        await console.Output.WriteLineAsync(EvaluationText.Of(run));
        return ExitCodes.Success;
    }

    private static void CanBeWritten(string option, string path)
    {
        if (!Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))))
            throw Wrong($"{option} {path}: there is no such directory to write to");
    }

    private static UserException Wrong(string message) => new(message, ExitCodes.BadConfiguration);
}
