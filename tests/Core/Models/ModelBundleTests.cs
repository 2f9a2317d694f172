using Dapr.Anomaly.Core.Models;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Tests.Models;

public class ModelBundleTests
{
    private static readonly ModelManifest Manifest = new(
        ModelManifest.CurrentFormat,
        "anomaly",
        "7",
        "9f3c" + new string('0', 60),
        42,
        DateTimeOffset.UnixEpoch,
        DateTimeOffset.UnixEpoch.AddDays(14),
        15,
        ["forest"],
        [SignalKind.Cpu],
        3,
        4e-6,
        new Dictionary<string, double> { ["eval/auc_pr"] = 0.9 },
        []
    );

    [Fact]
    public async Task WriteAndRead_Directory_GivesTheSameContentAndIdentity()
    {
        var directory = Directory.CreateTempSubdirectory("bundle").FullName;
        var bundle = Bundle();

        await bundle.WriteAsync(directory, TestContext.Current.CancellationToken);
        var read = await ModelBundle.ReadAsync(directory, TestContext.Current.CancellationToken);

        Assert.Equal(bundle.Sha256, read.Sha256);
        Assert.Equal(bundle["a.onnx"], read["a.onnx"]);
        Assert.Equal(0.9, read.Manifest.Evaluation["eval/auc_pr"]);
        Assert.Equal([SignalKind.Cpu], read.Manifest.Kinds);
        Directory.Delete(directory, recursive: true);
    }

    [Theory]
    [InlineData("changed", "a.onnx has SHA-256")]
    [InlineData("missing", "file a.onnx is missing")]
    [InlineData("added", "extra.bin is not in the manifest")]
    [InlineData("headless", "no manifest.json")]
    public void FromFiles_TamperedBundle_IsRefused(string change, string reason)
    {
        var files = Bundle().ToFiles().ToDictionary();
        switch (change)
        {
            case "changed":
                files["a.onnx"] = [1, 2, 4];
                break;
            case "missing":
                files.Remove("a.onnx");
                break;
            case "added":
                files["extra.bin"] = [0];
                break;
            default:
                files.Remove(ModelManifest.FileName);
                break;
        }

        var error = Assert.Throws<InvalidDataException>(() => ModelBundle.FromFiles(files));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RequireFeatureSchema_OtherSchema_SaysBoth()
    {
        var error = Assert.Throws<InvalidDataException>(() => Bundle().RequireFeatureSchema("1a77" + new string('0', 60)));

        Assert.Equal("model v7: feature schema 9f3c… does not match this build (1a77…)", error.Message);
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("")]
    [InlineData("a/b")]
    public void Create_NameThatIsAPath_IsRefused(string name) =>
        Assert.Throws<InvalidDataException>(() => ModelBundle.Create(Manifest, new Dictionary<string, byte[]> { [name] = [1] }));

    [Fact]
    public void WithVersion_SameContent_KeepsTheIdentity() => Assert.Equal(Bundle().Sha256, Bundle().WithVersion("8").Sha256);

    [Fact]
    public void FromJson_AnotherFormat_IsRefused()
    {
        var error = Assert.Throws<InvalidDataException>(() => ModelManifest.FromJson((Manifest with { FormatVersion = 2 }).ToJson()));

        Assert.Contains("format 2", error.Message, StringComparison.Ordinal);
    }

    private static ModelBundle Bundle() => ModelBundle.Create(Manifest, new Dictionary<string, byte[]> { ["a.onnx"] = [1, 2, 3], ["b.bin"] = [4] });
}
