using System.CommandLine;
using System.Globalization;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Dapr.Anomaly.Cli.Evaluate;

namespace Dapr.Anomaly.Cli.Tests.Evaluate;

/// <summary>The command on a small set of our own in the layout of the server machines.</summary>
public sealed class EvaluateCommandTests : IDisposable
{
    private const int TrainingRows = 1500;
    private const int TestRows = 400;

    private readonly string _data = Directory.CreateTempSubdirectory("anomaly-evaluate-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task Evaluate_MachinesOfOnesOwn_WritesEveryKeyAndATable()
    {
        Machine("smd", "machine-9-1");
        Machine("smd", "machine-9-2");
        var (path, page) = (Path.Combine(_data, "out.json"), Path.Combine(_data, "out.html"));
        string[] options = ["--out", path, "--report", page, "--members", "forest,seasonal", "--seed", "3"];

        var (code, output) = await RunAsync(["--protocol", "smd", "--data", _data, .. options]);

        Assert.Equal(0, code);
        var html = await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken);
        Assert.Equal(2, html.Split("class=\"score\"").Length - 1);
        Assert.DoesNotContain("NaN", html, StringComparison.Ordinal);
        Assert.Contains("machine-9-2", output, StringComparison.Ordinal);
        var report = JsonNode.Parse(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken))!.AsObject();
        Assert.Equal("smd", (string?)report["protocol"]);
        Assert.Equal(3, (int?)report["seed"]);
        Assert.Equal(["forest", "seasonal"], report["members"]!.AsArray().Select(m => (string?)m));
        Assert.Equal(["machine-9-1", "machine-9-2"], report["series"]!.AsArray().Select(s => (string?)s!["name"]));
        foreach (var key in (string[])["mean", "random", "ramp", "zscore", "held_zscore", "shifted", "shuffled"])
            Assert.InRange((double)report[key]!["vus_pr"]!, 0, 1);
        string[] figures = ["vus_pr", "vus_roc", "auc_pr", "event_recall", "false_alarms_per_day", "time_in_alarm"];
        foreach (var key in figures)
            Assert.True(double.IsFinite((double)report["series"]![0]![key]!), key);
        Assert.True(report["series"]![0]!.AsObject().ContainsKey("median_delay_steps"));
        Assert.True((double)report["rows_per_second"]! > 0);
        Assert.True((double)report["zscore"]!["vus_pr"]! > 0.9, "a plain z-score finds these faults");
    }

    [Fact]
    public async Task Evaluate_SameSeed_RepeatsEveryFigure()
    {
        Machine("smd", "machine-9-1");
        var (first, second) = (Path.Combine(_data, "1.json"), Path.Combine(_data, "2.json"));
        await RunAsync("--protocol", "smd", "--data", _data, "--out", first);
        await RunAsync("--protocol", "smd", "--data", Path.Combine(_data, "smd"), "--out", second);

        Assert.Equal(Series(first), Series(second));

        static string Series(string path) => JsonNode.Parse(File.ReadAllText(path))!["series"]!.ToJsonString();
    }

    [Theory]
    [InlineData("no such protocol", "--protocol", "yahoo")]
    [InlineData("there is no member \"oracle\"", "--protocol", "smd", "--members", "forest,oracle")]
    [InlineData("--report nowhere/page.html: there is no such directory", "--protocol", "smd", "--report", "nowhere/page.html")]
    [InlineData("nothing of smd is set apart for tuning", "--protocol", "smd", "--part", "tune")]
    public async Task Evaluate_WrongOption_NamesIt(string expected, params string[] arguments)
    {
        Machine("smd", "machine-9-1");

        var error = await Assert.ThrowsAsync<UserException>(() =>
            RunAsync([.. arguments, "--data", _data, "--out", Path.Combine(_data, "out.json")])
        );

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.BadConfiguration, error.ExitCode);
    }

    [Theory]
    [InlineData("test_label.csv", "label\n0\n1\n", "test_label.csv: has 2 labels for 400 rows")]
    [InlineData("test_label.csv", "label\nmaybe\n", "test_label.csv: line 2: \"maybe\" is not a number")]
    public async Task Evaluate_WrongFile_NamesIt(string file, string text, string expected)
    {
        Machine("smd", "machine-9-1");
        await File.WriteAllTextAsync(Path.Combine(_data, "smd", "machine-9-1", file), text, TestContext.Current.CancellationToken);

        var error = await Assert.ThrowsAsync<UserException>(() =>
            RunAsync("--protocol", "smd", "--data", _data, "--out", Path.Combine(_data, "out.json"))
        );

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_MissingFile_NamesIt()
    {
        Machine("smd", "machine-9-1");
        File.Delete(Path.Combine(_data, "smd", "machine-9-1", "train.csv.gz"));

        var error = await Assert.ThrowsAsync<UserException>(() =>
            RunAsync("--protocol", "smd", "--data", _data, "--out", Path.Combine(_data, "out.json"))
        );

        Assert.Contains("train.csv.gz: is not there", error.Message, StringComparison.Ordinal);
    }

    private void Machine(string set, string name)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_data, set, name)).FullName;
        var random = new Core.Numerics.Xoshiro256(name[^1]);
        var labels = Enumerable.Range(0, TestRows).Select(i => i is >= 150 and < 180).ToArray();
        Write(folder, "train.csv.gz", Enumerable.Range(0, TrainingRows).Select(i => Row(i, false)));
        Write(folder, "test.csv.gz", labels.Select((l, i) => Row(TrainingRows + i, l)));
        File.WriteAllLines(Path.Combine(folder, "test_label.csv"), ["label", .. labels.Select(l => l ? "1" : "0")]);

        string Row(int i, bool fault) =>
            string.Join(
                ',',
                Enumerable
                    .Range(1, 2)
                    .Select(c =>
                        (c + Math.Sin(i * Math.Tau / 1440) + 0.1 * random.NextGaussian() + (fault ? 9 : 0)).ToString(
                            "R",
                            CultureInfo.InvariantCulture
                        )
                    )
            );
    }

    private static void Write(string folder, string file, IEnumerable<string> rows)
    {
        using var packed = new GZipStream(File.Create(Path.Combine(folder, file)), CompressionLevel.Fastest);
        using var text = new StreamWriter(packed);
        text.Write("m1,m2\n");
        foreach (var row in rows)
            text.Write(row + '\n');
    }

    private static Task<(int Code, string Output)> RunAsync(params string[] arguments) => CommandRun.RunAsync(EvaluateCommand.Create(), arguments);
}
