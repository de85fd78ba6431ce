using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using FlowStudio.Engine.Journal;

namespace FlowStudio.Engine.Files;

/// <summary>
/// Files in the folder <c>files</c> of the data directory: <c>{id}.bin</c> has the bytes, <c>{id}.json</c> says what they are. A file exists when its
/// JSON does, which is written last and deleted first.
/// </summary>
/// <remarks>
/// The facts lie beside the bytes rather than in the database, so that a copy of the folder is a whole backup of it, and neither can be there
/// without the other. Listing reads the folder's names: right for thousands of files, not for millions.
/// </remarks>
public sealed class FileFolder(string dataDirectory, FileOptions options, TimeProvider time) : IFileStore
{
    const string Facts = ".json", Bytes = ".bin", Unfinished = ".part";
    const int BufferSize = 64 * 1024;

    readonly string folder = Path.Combine(Path.GetFullPath(dataDirectory), "files");
    readonly Lock preparing = new();
    bool prepared;

    public async Task<StoredFile> SaveAsync(string? name, string? contentType, Stream content, CancellationToken cancellationToken)
    {
        Prepare();
        var now = time.GetUtcNow();
        var id = Ids.New(time, now);
        var (bytes, facts) = (PathOf(id, Bytes), PathOf(id, Facts));
        try
        {
            var (size, hash) = await CopyAsync(content, bytes, cancellationToken);
            var clean = FileNames.Clean(name);
            var file = new StoredFile(id, clean, FileNames.TypeOf(clean, contentType), size, hash, now);
            await using (var written = Create(facts + Unfinished))
            {
                await JsonSerializer.SerializeAsync(written, file, FileJson.Default.StoredFile, cancellationToken);
                written.Flush(flushToDisk: true);
            }
            File.Move(facts + Unfinished, facts);
            return file;
        }
        catch (Exception e)
        {
            TryDelete(facts + Unfinished);
            TryDelete(bytes);
            if (e is IOException or UnauthorizedAccessException && IsOfFolder(e))
                throw Failed(e);
            throw;
        }
    }

    public async Task<StoredFile?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = Open(PathOf(id, Facts));
            return stream is null ? null : await JsonSerializer.DeserializeAsync(stream, FileJson.Default.StoredFile, cancellationToken);
        }
        catch (JsonException e)
        {
            throw new StorageException("storage_damaged", $"What is known of the file {id} cannot be read. Restore {id:N}.json in the folder files from a backup, or delete it.", e);
        }
    }

    public async Task<FilePage> ListAsync(string? cursor, int limit, CancellationToken cancellationToken)
    {
        var before = cursor is null ? (Guid?)null : Guid.ParseExact(cursor, "N");
        var items = new List<StoredFile>(limit);
        string? next = null;
        foreach (var id in Kept().Where(i => before is null || string.CompareOrdinal(Key(i), Key(before.Value)) < 0).OrderByDescending(Key, StringComparer.Ordinal))
        {
            if (items.Count == limit)
            {
                next = Key(items[^1].Id);
                break;
            }
            // One that was deleted meanwhile is left out.
            if (await FindAsync(id, cancellationToken) is { } file)
                items.Add(file);
        }
        return new(items, next);
    }

    public Stream? OpenRead(Guid id) => File.Exists(PathOf(id, Facts)) ? Open(PathOf(id, Bytes)) : null;

    public bool Delete(Guid id)
    {
        var facts = PathOf(id, Facts);
        try
        {
            if (!File.Exists(facts))
                return false;
            File.Delete(facts);
            File.Delete(PathOf(id, Bytes));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failed(e);
        }
    }

    async Task<(long Size, string Hash)> CopyAsync(Stream content, string path, CancellationToken cancellationToken)
    {
        await using var written = Create(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            long size = 0;
            int read;
            while ((read = await ReadAsync(content, buffer, cancellationToken)) > 0)
            {
                size += read;
                if (size > options.MaxBytes)
                    throw new FileTooLargeException(options.MaxBytes);
                hash.AppendData(buffer, 0, read);
                await written.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
            written.Flush(flushToDisk: true);
            return (size, Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>What the sender's side fails with is marked, to tell it from this disk's failures.</summary>
    static async ValueTask<int> ReadAsync(Stream content, byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await content.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            e.Data[typeof(FileFolder)] = true;
            throw;
        }
    }

    static bool IsOfFolder(Exception e) => !e.Data.Contains(typeof(FileFolder));

    /// <summary>Makes the folder, and removes what a crash left half done; once, before the first write.</summary>
    void Prepare()
    {
        lock (preparing)
        {
            if (prepared)
                return;
            try
            {
                if (OperatingSystem.IsWindows())
                    Directory.CreateDirectory(folder);
                else
                    Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                foreach (var path in Directory.EnumerateFiles(folder))
                {
                    if (path.EndsWith(Unfinished, StringComparison.Ordinal) || path.EndsWith(Bytes, StringComparison.Ordinal) && !File.Exists(Path.ChangeExtension(path, Facts)))
                        File.Delete(path);
                }
                prepared = true;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw Failed(e);
            }
        }
    }

    IEnumerable<Guid> Kept()
    {
        string[] names;
        try
        {
            names = Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*" + Facts)] : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failed(e);
        }
        foreach (var name in names)
        {
            if (Guid.TryParseExact(Path.GetFileNameWithoutExtension(name), "N", out var id))
                yield return id;
        }
    }

    string PathOf(Guid id, string ending) => Path.Combine(folder, Key(id) + ending);

    static string Key(Guid id) => id.ToString("N", CultureInfo.InvariantCulture);

    static FileStream Create(string path)
    {
        var how = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = System.IO.FileOptions.Asynchronous, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            how.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, how);
    }

    static FileStream? Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, BufferSize, useAsync: true);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failed(e);
        }
    }

    static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What made saving fail is what the caller must hear; the rest is removed at the next start.
        }
    }

    static StorageException Failed(Exception e) => new("storage_failed",
        "The folder files of the data directory cannot be read or written. See that the disk has space and the server may write there.", e);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredFile))]
sealed partial class FileJson : JsonSerializerContext;
