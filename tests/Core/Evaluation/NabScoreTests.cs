using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Dapr.Anomaly.Core.Evaluation;

namespace Dapr.Anomaly.Core.Tests.Evaluation;

/// <summary>Totals and scores of files as numenta/NAB ea702d7 keeps them.</summary>
public class NabScoreTests
{
    private static readonly NabProfile[] Profiles = [NabProfile.Standard, NabProfile.LowFalsePositives, NabProfile.LowFalseNegatives];

    [Theory]
    [InlineData("numenta")]
    [InlineData("randomCutForest")]
    [InlineData("windowedGaussian")]
    public void Score_PublishedDetector_AgreesToSixDecimals(string detector)
    {
        var files = Corpus(detector);
        Assert.Equal(58, files.Count);
        Assert.Equal(116, files.Sum(f => f.Windows.Count));
        var totals = Rows("golden/nab_expected.csv").Where(r => r[0] == detector).ToDictionary(r => r[1]);
        foreach (var profile in Profiles)
        {
            var score = new NabScore(profile);
            var expected = totals[profile.Name];
            var threshold = Number(expected[2]);

            var frozen = score.Of(files, threshold);
            Assert.Equal(Number(expected[3]), frozen.Raw, 1e-6);
            Assert.Equal(Number(expected[4]), frozen.Normalised, 1e-6);

            // The published threshold of one profile was found by a search that stopped short: the best of all is 0.21 above it.
            Assert.InRange(score.Best(files).Raw, frozen.Raw - 1e-6, frozen.Raw + 0.22);

            var perFile = Rows($"nab/results/{detector}/{detector}_{profile.Name}_scores.csv").ToDictionary(r => r[2], r => Number(r[4]));
            foreach (var file in files)
                Assert.Equal(perFile[file.Name], score.Of(file, threshold), 1e-6);
        }
    }

    [Fact]
    public void Best_SilentDetector_ScoresZero()
    {
        NabFile file = new("silent", [new(500, 599)], new double[1000]);

        Assert.Equal(0, new NabScore(NabProfile.Standard).Best([file]).Normalised);
    }

    [Fact]
    public void Best_FirstRowOfEveryWindow_ScoresAHundred()
    {
        var scores = new double[1000];
        scores[500] = scores[800] = 1;
        NabFile file = new("perfect", [new(500, 549), new(800, 849)], scores);

        Assert.Equal(100, new NabScore(NabProfile.Standard).Best([file]).Normalised, 1e-9);
    }

    private static List<NabFile> Corpus(string detector)
    {
        List<NabFile> files = [];
        foreach (var file in GoldenData.LargeJson("nab/labels/combined_windows.json").EnumerateObject())
        {
            string[] times = [.. Rows($"nab/data/{file.Name}").Select(r => r[0])];
            files.Add(
                new(file.Name, [.. file.Value.EnumerateArray().Select(w => new LabelledEvent(Row(w[0]), Row(w[1])))], Scores(detector, file.Name))
            );

            int Row(JsonElement time) => Array.IndexOf(times, time.GetString()![..19]);
        }
        return files;
    }

    private static double[] Scores(string detector, string file)
    {
        var (folder, name) = (Path.GetDirectoryName(file)!, Path.GetFileName(file));
        using var packed = File.OpenRead(GoldenData.Large($"nab/results/{detector}/{folder}/{detector}_{name}.gz"));
        using var text = new StreamReader(new GZipStream(packed, CompressionMode.Decompress));
        return [.. text.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(l => Number(l.Split(',')[1]))];
    }

    private static IEnumerable<string[]> Rows(string file) => File.ReadLines(GoldenData.Large(file)).Skip(1).Select(l => l.Split(','));

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
