using Dapr.Embedded.Names;
using Microsoft.Extensions.Time.Testing;

namespace EmbeddedDapr.Tests.Names;

public sealed class DiskNamesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("names-").FullName;
    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Find_RegisteredByAnotherProcessesNames_GivesItsAddressUntilItEnds()
    {
        await using var one = await DiskNames.OpenAsync(folder, clock, Token);
        await using var two = await DiskNames.OpenAsync(folder, clock, Token);
        var address = new SidecarAddress("orders", "default", "127.0.0.1", 4711, "secret");
        var registration = await one.RegisterAsync(address, Token);
        Assert.Equal(address, await two.FindAsync("orders", "default", Token));
        Assert.Null(await two.FindAsync("orders", "elsewhere", Token));
        await registration.DisposeAsync();
        Assert.Null(await two.FindAsync("orders", "default", Token));
    }

    [Fact]
    public async Task Find_NotRenewedForTenSeconds_IsGone()
    {
        await using var names = await DiskNames.OpenAsync(folder, clock, Token);
        var still = new FakeTimeProvider(clock.GetUtcNow());
        await using var stopped = await DiskNames.OpenAsync(folder, still, Token);
        await using var registration = await stopped.RegisterAsync(new SidecarAddress("a", "default", "127.0.0.1", 1, "t"), Token);
        Assert.NotNull(await names.FindAsync("a", "default", Token));
        clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Null(await names.FindAsync("a", "default", Token));
    }

    [Fact]
    public async Task Find_Renewed_StaysAfterTenSeconds()
    {
        await using var names = await DiskNames.OpenAsync(folder, clock, Token);
        await using var registration = await names.RegisterAsync(new SidecarAddress("a", "default", "127.0.0.1", 1, "t"), Token);
        for (var i = 0; i < 20; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(2));
            await Eventually.TrueAsync(async () => await names.FindAsync("a", "default", Token) is not null, "the registration is renewed", Token);
        }
    }

    [Fact]
    public async Task Find_AppThatIsHereAndElsewhere_GivesTheOneHere()
    {
        await using var one = await DiskNames.OpenAsync(folder, clock, Token);
        await using var two = await DiskNames.OpenAsync(folder, clock, Token);
        var (first, second) = (new SidecarAddress("a", "default", "127.0.0.1", 1, "t"), new SidecarAddress("a", "default", "127.0.0.1", 2, "t"));
        await using var firstIs = await one.RegisterAsync(first, Token);
        await using (await two.RegisterAsync(second, Token))
        {
            for (var i = 0; i < 20; i++)
            {
                Assert.Equal(first, await one.FindAsync("a", "default", Token));
                Assert.Equal(second, await two.FindAsync("a", "default", Token));
            }
        }
        Assert.Equal(first, await two.FindAsync("a", "default", Token));
    }

    [Fact]
    public async Task Open_NamesFile_IsReadableByItsOwnerAlone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("file modes are a matter of Unix");
            return;
        }
        await using var names = await DiskNames.OpenAsync(folder, clock, Token);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, "names.db")));
    }

    [Fact]
    public async Task Open_NamesFileThatOthersMayRead_IsTakenFromThem()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("file modes are a matter of Unix");
            return;
        }
        var file = Path.Combine(folder, "names.db");
        await File.WriteAllTextAsync(file, "", Token);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        await using var names = await DiskNames.OpenAsync(folder, clock, Token);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }
}
