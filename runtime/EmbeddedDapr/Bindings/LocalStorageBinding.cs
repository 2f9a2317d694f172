using System.Text.Json;
using Dapr.Embedded.Components;
using Dapr.Embedded.Resources;

namespace Dapr.Embedded.Bindings;

/// <summary>bindings.localstorage: files below metadata rootPath. A name that climbs out of the root is cut off at the root.</summary>
internal sealed class LocalStorageBinding : IOutputBinding
{
    private static readonly string[] SystemFolders =
    [
        "/proc",
        "/sys",
        "/dev",
        "/boot",
        "/etc",
        "/bin",
        "/sbin",
        "/usr/bin",
        "/usr/sbin",
        "/lib",
        "/usr/lib",
        "/var/run/secrets",
    ];
    private readonly string root;

    private LocalStorageBinding(string root) => this.root = root;

    public IReadOnlyList<string> Capabilities { get; } = ["OUTPUT_BINDING"];

    public IReadOnlyList<string> Operations { get; } = ["create", "get", "list", "delete"];

    /// <exception cref="ResourceException">The root is a folder of the system.</exception>
    public static LocalStorageBinding Open(ComponentSpec spec)
    {
        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(spec.Metadata.Required("rootPath")));
        if (root == "/" || SystemFolders.Any(folder => root == folder || root.StartsWith(folder + "/", StringComparison.Ordinal)))
            throw new ResourceException($"metadata rootPath: {root} is a folder of the system; choose one of your own");
        Directory.CreateDirectory(root);
        return new LocalStorageBinding(root);
    }

    public async Task<BindingAnswer> InvokeAsync(BindingRequest request, CancellationToken cancellationToken)
    {
        var name = request.Metadata.GetValueOrDefault("fileName") is { Length: > 0 } given ? given : null;
        try
        {
            return request.Operation switch
            {
                "create" => await CreateAsync(name ?? Guid.NewGuid().ToString(), request.Data, cancellationToken).ConfigureAwait(false),
                "get" => BindingAnswer.Of(await File.ReadAllBytesAsync(Existing(name), cancellationToken).ConfigureAwait(false)),
                "list" => List(name is null ? root : Inside(name)),
                _ => Delete(Existing(name)),
            };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new BindingException(error.Message, error);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<BindingAnswer> CreateAsync(string name, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        var path = Inside(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllBytesAsync(path, BindingText.Unquoted(data), cancellationToken).ConfigureAwait(false);
        return BindingAnswer.Of(JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["fileName"] = name }));
    }

    private static BindingAnswer List(string folder)
    {
        if (File.Exists(folder))
            throw new BindingException($"{folder} is a file, not a folder");
        if (!Directory.Exists(folder))
            throw new BindingException($"file not found: {folder}");
        return BindingAnswer.Of(
            JsonSerializer.SerializeToUtf8Bytes(Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        );
    }

    private static BindingAnswer Delete(string path)
    {
        File.Delete(path);
        return BindingAnswer.Nothing;
    }

    private string Existing(string? name)
    {
        if (name is null)
            throw new BindingException("required metadata not set: fileName");
        var path = Inside(name);
        return File.Exists(path) ? path : throw new BindingException($"file not found: {path}");
    }

    private string Inside(string name)
    {
        var rooted = Path.GetFullPath("/" + name.Replace('\\', '/'), "/");
        return root + rooted[(Path.GetPathRoot(rooted)!.Length - 1)..];
    }
}
