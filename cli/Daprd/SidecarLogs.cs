using Dapr.Embedded.Daprd;

namespace Dapr.Anomaly.Cli.Daprd;

/// <summary>
/// The log of the sidecars of a run file. They share one process, so they share one log: on the console when an app asks for that,
/// and in the daprd file of each app that asks for one.
/// </summary>
internal sealed class SidecarLogs : ILoggerFactory
{
    private readonly List<StreamWriter> files;
    private readonly ILoggerFactory factory;

    public SidecarLogs(RunFile file)
    {
        files = [.. file.Apps.Where(app => app.SidecarLog.HasFlag(LogDestination.File)).Select(app => AppLog.Open(app, "daprd"))];
        factory = LoggerFactory.Create(logging =>
        {
            SidecarLog.Configure(logging, file.Apps.Select(app => app.LogLevel).Contains("debug") ? "debug" : file.Apps[0].LogLevel);
            if (file.Apps.Any(app => app.SidecarLog.HasFlag(LogDestination.Console)))
                SidecarLog.AddLines(logging);
            if (files.Count > 0)
                logging.AddProvider(new FileProvider(files));
        });
    }

    public ILogger CreateLogger(string categoryName) => factory.CreateLogger(categoryName);

    public void AddProvider(ILoggerProvider provider) => factory.AddProvider(provider);

    public void Dispose()
    {
        factory.Dispose();
        files.ForEach(file => file.Dispose());
    }

    private sealed class FileProvider(IReadOnlyList<StreamWriter> files) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => new FileLogger(files, categoryName);

        public void Dispose() { }
    }

    private sealed class FileLogger(IReadOnlyList<StreamWriter> files, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var line = $"{TimeProvider.System.GetLocalNow():yyyy-MM-ddTHH:mm:ss.fffzzz} {logLevel}: {category} {formatter(state, exception)}";
            lock (files)
            {
                foreach (var file in files)
                    file.WriteLine(exception is null ? line : $"{line} {exception}");
            }
        }
    }
}
