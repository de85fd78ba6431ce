using FlowStudio.Engine.Journal;

namespace FlowStudio.Engine.Files;

/// <summary>A file that FlowStudio keeps.</summary>
/// <param name="Id">UUIDv7: later files sort later. Two uploads of the same bytes are two files, each deleted for itself.</param>
/// <param name="Name">What its sender called it, without folders and control characters; never part of a path.</param>
/// <param name="ContentType">As its sender said, else by the name's ending, else <c>application/octet-stream</c>.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">Of the bytes, in small hexadecimal digits.</param>
public sealed record StoredFile(Guid Id, string Name, string ContentType, long Size, string Sha256, DateTimeOffset CreatedAt);

/// <summary>Some files, newest first.</summary>
/// <param name="NextCursor">Where the next page begins; null on the last.</param>
public sealed record FilePage(IReadOnlyList<StoredFile> Items, string? NextCursor);

/// <summary>A file is larger than <see cref="FileOptions.MaxBytes"/>.</summary>
public sealed class FileTooLargeException(long maxBytes)
    : Exception($"The file is larger than {maxBytes} bytes (setting {EngineOptions.Section}:Files:MaxBytes).");

/// <summary>Keeps files beside the database. What the disk refuses is a <see cref="StorageException"/>.</summary>
public interface IFileStore
{
    /// <summary>Keeps a file; it exists once this completes, and not at all when it throws.</summary>
    /// <param name="name">Any text.</param>
    /// <exception cref="FileTooLargeException">More bytes came than a file may have.</exception>
    Task<StoredFile> SaveAsync(string? name, string? contentType, Stream content, CancellationToken cancellationToken);

    Task<StoredFile?> FindAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Files, newest first.</summary>
    /// <exception cref="FormatException">The cursor is none of this store's.</exception>
    Task<FilePage> ListAsync(string? cursor, int limit, CancellationToken cancellationToken);

    /// <summary>The bytes, from the first; null when there is no such file.</summary>
    Stream? OpenRead(Guid id);

    /// <summary>Whether there was such a file.</summary>
    bool Delete(Guid id);
}
