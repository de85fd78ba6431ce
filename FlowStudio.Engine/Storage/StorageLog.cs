using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Storage;

/// <summary>The room's log lines, ids 2200–2299.</summary>
static partial class StorageLog
{
    [LoggerMessage(2200, LogLevel.Error, "The database cannot write now ({Code}): {Reason} Runs at work wait for it; new ones are refused.")]
    public static partial void CannotWrite(ILogger logger, string code, string reason);

    [LoggerMessage(2201, LogLevel.Error, "The database refused {Entry} of run {RunId}: {Reason}")]
    public static partial void EntryRefused(ILogger logger, string entry, Guid runId, string reason);

    [LoggerMessage(2202, LogLevel.Warning, "The write-ahead log could not be copied into the database: {Reason}")]
    public static partial void CheckpointFailed(ILogger logger, string reason);

    [LoggerMessage(2203, LogLevel.Information, "Bringing the database {Path} up to date, from the migration {Migration} on.")]
    public static partial void Migrating(ILogger logger, string path, string migration);

    [LoggerMessage(2204, LogLevel.Information, "The database was copied to {Path} before it is changed.")]
    public static partial void BackedUp(ILogger logger, string path);

    [LoggerMessage(2210, LogLevel.Information, "The search index {Path} is made anew: {Reason}. Runs can be searched for as it grows.")]
    public static partial void SearchBegun(ILogger logger, string path, string reason);

    [LoggerMessage(2211, LogLevel.Information, "{Count} parts of the search index were mostly about deleted runs and are made anew.")]
    public static partial void SearchSwept(ILogger logger, int count);

    [LoggerMessage(2212, LogLevel.Warning, "SQLite {Version} was built without full-text search (FTS5): runs cannot be searched by their text.")]
    public static partial void NoSearch(ILogger logger, string version);
}
