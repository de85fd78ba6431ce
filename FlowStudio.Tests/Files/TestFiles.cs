using FlowStudio.Engine.Files;
using FileOptions = FlowStudio.Engine.Files.FileOptions;

namespace FlowStudio.Tests;

/// <summary>A real folder of files, removed when the tests' process ends.</summary>
sealed class TestFiles : IFileStore
{
    readonly FileFolder inner;

    public TestFiles(TimeProvider? time = null, long? maxBytes = null)
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("flowstudio-files-").FullName;
        inner = new FileFolder(Directory, new FileOptions { MaxBytes = maxBytes ?? new FileOptions().MaxBytes }, time ?? TimeProvider.System);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => System.IO.Directory.Delete(Directory, recursive: true);
    }

    public string Directory { get; }

    public async Task<StoredFile> AddAsync(string name, byte[] bytes, string? type = null)
    {
        using var content = new MemoryStream(bytes);
        return await SaveAsync(name, type, content, CancellationToken.None);
    }

    public Task<StoredFile> AddAsync(string name, string text) => AddAsync(name, System.Text.Encoding.UTF8.GetBytes(text));

    public Task<StoredFile> SaveAsync(string? name, string? contentType, Stream content, CancellationToken cancellationToken) => inner.SaveAsync(name, contentType, content, cancellationToken);

    public Task<StoredFile?> FindAsync(Guid id, CancellationToken cancellationToken) => inner.FindAsync(id, cancellationToken);

    public Task<FilePage> ListAsync(string? cursor, int limit, CancellationToken cancellationToken) => inner.ListAsync(cursor, limit, cancellationToken);

    public Stream? OpenRead(Guid id) => inner.OpenRead(id);

    public bool Delete(Guid id) => inner.Delete(id);
}
