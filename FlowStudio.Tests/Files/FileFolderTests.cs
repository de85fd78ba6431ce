using FlowStudio.Engine.Files;
using FlowStudio.Engine.Journal;
using Shouldly;
using Xunit;
using FileOptions = FlowStudio.Engine.Files.FileOptions;

namespace FlowStudio.Tests.Files;

public sealed class FileFolderTests : IDisposable
{
    readonly string data = Directory.CreateTempSubdirectory("flowstudio-folder-").FullName;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    string Folder => Path.Combine(data, "files");

    public void Dispose() => Directory.Delete(data, recursive: true);

    [Fact]
    public async Task Files_outlive_the_process_and_what_a_crash_left_half_done_does_not()
    {
        var kept = await SaveAsync(Store(), "kept");
        await File.WriteAllTextAsync(Path.Combine(Folder, $"{Guid.CreateVersion7():N}.bin"), "bytes without facts", Cancel);
        await File.WriteAllTextAsync(Path.Combine(Folder, $"{Guid.CreateVersion7():N}.json.part"), "{", Cancel);
        var next = Store();
        (await next.ListAsync(null, 10, Cancel)).Items.ShouldBe([kept]);
        var second = await SaveAsync(next, "second");
        Directory.GetFiles(Folder).Select(Path.GetFileName).ShouldBe(
            [$"{kept.Id:N}.bin", $"{kept.Id:N}.json", $"{second.Id:N}.bin", $"{second.Id:N}.json"], ignoreOrder: true);
        using var reader = new StreamReader(next.OpenRead(kept.Id).ShouldNotBeNull());
        (await reader.ReadToEndAsync(Cancel)).ShouldBe("kept");
    }

    [Fact]
    public async Task Files_are_for_their_owner_alone()
    {
        await SaveAsync(Store(), "x");
        File.GetUnixFileMode(Folder).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.GetFiles(Folder).ShouldAllBe(f => File.GetUnixFileMode(f) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Fact]
    public async Task A_sender_that_breaks_off_leaves_nothing()
    {
        await Should.ThrowAsync<IOException>(() => Store().SaveAsync("x", null, new BrokenStream(), Cancel));
        Directory.GetFiles(Folder).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_told_as_the_disks_trouble()
    {
        await File.WriteAllTextAsync(Folder, "a file where the folder should be", Cancel);
        (await Should.ThrowAsync<StorageException>(() => SaveAsync(Store(), "x"))).Code.ShouldBe("storage_failed");
    }

    [Fact]
    public async Task Facts_that_cannot_be_read_are_named()
    {
        var file = await SaveAsync(Store(), "x");
        await File.WriteAllTextAsync(Path.Combine(Folder, $"{file.Id:N}.json"), "{", Cancel);
        var error = await Should.ThrowAsync<StorageException>(() => Store().FindAsync(file.Id, Cancel));
        error.Code.ShouldBe("storage_damaged");
        error.Message.ShouldContain($"{file.Id:N}.json");
    }

    [Theory]
    [InlineData("a.csv", null, "text/csv")]
    [InlineData("a.CSV", "application/octet-stream", "text/csv")]
    [InlineData("a.csv", "text/plain; charset=utf-8", "text/plain; charset=utf-8")]
    [InlineData("a.unknown", "not a type", "application/octet-stream")]
    [InlineData("a", "text/x\r\nX-Injected: 1", "application/octet-stream")]
    public void The_type_is_the_senders_or_the_names(string name, string? given, string type) => FileNames.TypeOf(name, given).ShouldBe(type);

    FileFolder Store() => new(data, new FileOptions(), TimeProvider.System);

    static async Task<StoredFile> SaveAsync(FileFolder store, string text)
    {
        using var content = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text));
        return await store.SaveAsync(text + ".txt", null, content, Cancel);
    }

    /// <summary>Gives some bytes, then fails as a connection does.</summary>
    sealed class BrokenStream : MemoryStream
    {
        int reads;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (reads++ > 0)
                throw new IOException("The connection broke.");
            buffer.Span[..10].Fill(1);
            return ValueTask.FromResult(10);
        }
    }
}
