using System.Globalization;
using Dapr.Anomaly.Cli.Evaluate;
using Dapr.Anomaly.Cli.Evaluate.Protocols;
using Dapr.Anomaly.Core.Evaluation;

namespace Dapr.Anomaly.Cli.Tests.Evaluate;

/// <summary>The protocols on the real data sets, which lie in the folder that ANOMALY_DATA names.</summary>
public sealed class ProtocolTests
{
    [Fact]
    public void Tsb_RebuiltFiles_HaveTheWindowsAndTrainingPartsOfTheBenchmark()
    {
        var data = Data();
        var rows = File.ReadLines(Path.Combine(data, "golden", "tsb_ad_nab_map.csv")).Select(l => l.Split(',')).Where(r => r[2] == "exact");
        var windows = rows.ToDictionary(r => TsbProtocol.NameOf(Number(r[0]), r[1]), r => Number(r[3]));
        var names = File.ReadLines(Path.Combine(data, "tsb_ad", "uni_mergedTable_VUS-PR.csv")).Skip(1).Select(l => l.Split(',')[0].Split('_'));
        var training = names.ToDictionary(n => Number(n[0]), n => Number(n[6]));

        var series = new TsbProtocol().Series(data, EvaluationPart.Report).Select(s => s.Read()).ToDictionary(s => s.Name);

        Assert.Equal(16, series.Count);
        foreach (var (id, file) in TsbProtocol.Univariate)
        {
            var one = series[TsbProtocol.NameOf(id, file)];
            Assert.Equal((one.Name, windows[one.Name], training[id]), (one.Name, one.LabelWindow, one.WarmUp));
        }
        Assert.Equal([5923, 564], TsbProtocol.Multivariate.Select(m => series[TsbProtocol.NameOf(m.Id, m.Machine)].WarmUp));
    }

    [Fact]
    public void Nab_Corpus_HasItsFilesAndWindows()
    {
        var series = new NabProtocol().Series(Path.Combine(Data(), "nab"), EvaluationPart.Report);

        Assert.Equal(58, series.Count);
        Assert.Equal(116, series.Sum(s => LabelledEvent.In(s.Read().Labels).Count));
    }

    [Fact]
    public void CloudMonitoring_TuningPart_EndsAtTheHalf()
    {
        var folder = Path.Combine(Data(), "ms_cloud_monitoring");
        var protocol = new CloudMonitoringProtocol();
        foreach (
            var (tune, report) in protocol
                .Series(folder, EvaluationPart.Tune)
                .Zip(protocol.Series(folder, EvaluationPart.Report), (t, r) => (t.Read(), r.Read()))
        )
        {
            Assert.Equal(report.Skip, tune.Labels.Length);
            Assert.Equal(tune.Stream.Rows, tune.Labels.Length);
            Assert.Equal(report.Stream.Rows - report.Skip, report.Labels.Length);
            Assert.True(tune.Stream.Times[^1] < report.Stream.Times[report.Skip]);
        }
    }

    [Fact]
    public void ApplicationServers_Parts_ShareNoMachine()
    {
        var folder = Path.Combine(Data(), "asd");

        Assert.Equal(["omi-1", "omi-2", "omi-3"], MachineProtocol.ApplicationServers.Series(folder, EvaluationPart.Tune).Select(s => s.Name));
        Assert.Equal(["omi-4", "omi-5", "omi-6"], MachineProtocol.ApplicationServers.Series(folder, EvaluationPart.Report).Select(s => s.Name));
    }

    [Fact]
    public void Nezha_Day_HasItsInjectionsAfterTheFaultFreeHours()
    {
        var day = Assert.Single(NezhaProtocol.Days(Path.Combine(Data(), "nezha", "rca_data")));

        Assert.Equal(10, day.Services.Count());
        Assert.Equal((24, 18), (day.Faults.Count, day.Faults.Count(f => f.IsOfResources)));
        // 03:53:54 is in the third minute after 03:51:19.
        Assert.Equal(day.FaultFreeRows + 3, day.Faults[0].First);
        Assert.True(day.Touches("emailservice", "checkoutservice") && day.Touches("checkoutservice", "emailservice"));
        Assert.False(day.Touches("emailservice", "adservice"));
        var email = day.Series("emailservice");
        Assert.Equal(email.Stream.Rows, email.Labels.Length);
        Assert.DoesNotContain(true, email.Labels[..day.FaultFreeRows]);
        Assert.Equal(email.Stream.Times.Order(), email.Stream.Times);
        Assert.True(email.Training.Times[^1] < email.Stream.Times[0]);
    }

    private static string Data()
    {
        var root = Environment.GetEnvironmentVariable("ANOMALY_DATA");
        Assert.SkipWhen(string.IsNullOrEmpty(root), "ANOMALY_DATA is not set: this test reads the labelled data sets from the folder it names");
        return root!;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
