using System.Collections.Frozen;
using System.Security.Cryptography;
using FlowStudio.Engine.Journal;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Secrets;

/// <summary>
/// The keys to the API: hashes in the database and in memory, where they are found without a lock or a query. One per process; <see cref="LoadAsync"/> comes
/// first.
/// </summary>
public sealed class ApiKeys(IApiKeyRows rows, TimeProvider time, ILogger<ApiKeys> logger) : IDisposable
{
    /// <summary>Keys that there may be at a time.</summary>
    public const int MaxKeys = 1_000;

    /// <summary>Characters of a key's name.</summary>
    public const int MaxNameLength = 100;

    /// <summary>Characters of a key that are kept, its prefix included.</summary>
    const int ShownLength = 12;

    /// <summary>How often a key's last use is written at most.</summary>
    static readonly TimeSpan TouchInterval = TimeSpan.FromMinutes(1);

    /// <summary>How long a lent key opens anything.</summary>
    static readonly TimeSpan LendTime = TimeSpan.FromMinutes(1);

    static readonly byte[] Nobody = new byte[SHA256.HashSizeInBytes];

    readonly SemaphoreSlim writing = new(1, 1);
    readonly Lock lending = new();
    volatile FrozenDictionary<UInt128, Entry> bySlot = FrozenDictionary<UInt128, Entry>.Empty;
    volatile List<(byte[] Hash, DateTimeOffset Until)> lent = [];

    /// <summary>Raised after a key was made, renamed, revoked, or its use was written; on any thread.</summary>
    public event Action? Changed;

    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken);
        try
        {
            Publish((await rows.ListAsync(cancellationToken)).Select(r => new Entry(r)));
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>All keys, newest first.</summary>
    public IReadOnlyList<ApiKeyInfo> List() => [.. bySlot.Values.Select(e => e.Info).OrderByDescending(k => k.CreatedAt).ThenByDescending(k => k.Id)];

    public ApiKeyInfo? Find(Guid id) => bySlot.Values.FirstOrDefault(e => e.Row.Id == id)?.Info;

    /// <summary>Makes a key.</summary>
    /// <exception cref="ApiKeyException">The name is none, or there are too many keys.</exception>
    public async Task<NewApiKey> CreateAsync(string name, CancellationToken cancellationToken)
    {
        name = Check(name);
        await writing.WaitAsync(cancellationToken);
        try
        {
            if (bySlot.Count >= MaxKeys)
                throw new ApiKeyException("too_many_keys", $"There are {MaxKeys} API keys, which are the most. Revoke one that is not used any more.");
            var key = TokenShape.ApiKey.Create();
            var now = time.GetUtcNow();
            var row = new ApiKeyRow(Ids.New(time, now), name, key[..ShownLength], TokenHash.Of(key), now, LastUsedAt: null);
            await rows.AddAsync(row, cancellationToken);
            var made = new Entry(row);
            Publish([.. bySlot.Values, made]);
            Log.ApiKeyMade(logger, row.Prefix, row.Name);
            return new(made.Info, key);
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>Gives a key another name; null when there is none of that id.</summary>
    /// <exception cref="ApiKeyException">The name is none.</exception>
    public async Task<ApiKeyInfo?> RenameAsync(Guid id, string name, CancellationToken cancellationToken)
    {
        name = Check(name);
        await writing.WaitAsync(cancellationToken);
        try
        {
            if (!await rows.RenameAsync(id, name, cancellationToken) || bySlot.Values.FirstOrDefault(e => e.Row.Id == id) is not { } entry)
                return null;
            var renamed = entry.Named(name);
            Publish(bySlot.Values.Select(e => e == entry ? renamed : e));
            return renamed.Info;
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>Revokes a key: from now on it opens nothing. False when there was none of that id.</summary>
    public async Task<bool> RevokeAsync(Guid id, CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken);
        try
        {
            if (!await rows.DeleteAsync(id, cancellationToken))
                return false;
            if (bySlot.Values.FirstOrDefault(e => e.Row.Id == id) is { } gone)
            {
                Publish(bySlot.Values.Where(e => e != gone));
                Log.ApiKeyRevoked(logger, gone.Row.Prefix, gone.Row.Name);
            }
            return true;
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>
    /// Whether <paramref name="given"/> is a key; then its use is noted, in memory at once and in the database some time. Hashes are compared in constant time,
    /// and nobody waits for the database.
    /// </summary>
    public bool Use(ReadOnlySpan<char> given)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        if (!TokenHash.TryCompute(given, hash))
            return false;
        var found = bySlot.TryGetValue(TokenHash.Slot(hash), out var entry);
        if (!CryptographicOperations.FixedTimeEquals(hash, found && entry is not null ? entry.Row.Hash : Nobody) || entry is null)
            return lent.Count > 0 && IsLent(hash);
        var now = time.GetUtcNow();
        if (entry.Note(now, TouchInterval))
            _ = TouchAsync(entry.Row.Id, now);
        return true;
    }

    /// <summary>A key that only this process knows, and only for a minute: for a call that the studio makes as any caller would. It is on no list.</summary>
    public string Lend()
    {
        var key = TokenShape.ApiKey.Create();
        var now = time.GetUtcNow();
        lock (lending)
            lent = [.. lent.Where(l => l.Until > now), (TokenHash.Of(key), now + LendTime)];
        return key;
    }

    public void Dispose() => writing.Dispose();

    bool IsLent(ReadOnlySpan<byte> hash)
    {
        var now = time.GetUtcNow();
        foreach (var (known, until) in lent)
        {
            if (CryptographicOperations.FixedTimeEquals(hash, known) && until > now)
                return true;
        }
        return false;
    }

    async Task TouchAsync(Guid id, DateTimeOffset at)
    {
        try
        {
            await rows.TouchAsync(id, at, CancellationToken.None);
            Changed?.Invoke();
        }
        catch (Exception e) when (e is StorageException or ObjectDisposedException)
        {
            Log.ApiKeyUseNotKept(logger, id, e.Message);
        }
    }

    void Publish(IEnumerable<Entry> entries)
    {
        bySlot = entries.ToFrozenDictionary(e => TokenHash.Slot(e.Row.Hash));
        Changed?.Invoke();
    }

    static string Check(string name)
    {
        name = name.Trim();
        return name.Length is > 0 and <= MaxNameLength && !name.Any(char.IsControl)
            ? name
            : throw new ApiKeyException("invalid_name", $"A key needs a name of 1 to {MaxNameLength} characters on one line: who or what uses it.");
    }

    /// <summary>A key in memory: what is stored, and when it was used since.</summary>
    sealed class Entry(ApiKeyRow row)
    {
        long used = row.LastUsedAt?.UtcTicks ?? 0;
        long written = row.LastUsedAt?.UtcTicks ?? 0;

        public ApiKeyRow Row { get; } = row;

        public ApiKeyInfo Info => new(Row.Id, Row.Name, Row.Prefix, Row.CreatedAt,
            Volatile.Read(ref used) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null);

        public Entry Named(string name) => new(Row with { Name = name, LastUsedAt = Info.LastUsedAt });

        /// <summary>Notes a use; true for the one that has to be written.</summary>
        public bool Note(DateTimeOffset now, TimeSpan interval)
        {
            Volatile.Write(ref used, now.UtcTicks);
            var before = Volatile.Read(ref written);
            return now.UtcTicks - before >= interval.Ticks && Interlocked.CompareExchange(ref written, now.UtcTicks, before) == before;
        }
    }
}
