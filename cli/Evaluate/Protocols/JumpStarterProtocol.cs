namespace Dapr.Anomaly.Cli.Evaluate.Protocols;

/// <summary>
/// JumpStarter Dataset2: 19 metrics of a service without a header every five minutes, in <c>train/</c>, <c>test/</c> and <c>test_label/</c>.
/// </summary>
internal sealed class JumpStarterProtocol : IProtocol
{
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(5);

    public string Name => "jumpstarter";

    public string Folder => Path.Combine("jumpstarter", "Dataset2");

    public IReadOnlyList<SeriesSource> Series(string folder, EvaluationPart part) =>
        [
            .. Directory
                .GetFiles(Path.Combine(folder, "test"), "*.csv.gz")
                .Order(StringComparer.Ordinal)
                .Select(path =>
                {
                    var name = Path.GetFileName(path)[..^".csv.gz".Length];
                    return new SeriesSource(
                        name,
                        () =>
                        {
                            var (channels, training) = DataFile.Numbers(Path.Combine(folder, "train", $"{name}.csv.gz"), header: false);
                            var (same, test) = DataFile.Numbers(path, header: false);
                            if (same.Length != channels.Length)
                                throw DataFile.Wrong(path, $"has {same.Length} columns, the training part {channels.Length}");
                            var labels = Path.Combine(folder, "test_label", $"{name}.csv");
                            return MachineProtocol.Machine(name, Step, channels, training, test, labels, header: false);
                        }
                    );
                }),
        ];
}
