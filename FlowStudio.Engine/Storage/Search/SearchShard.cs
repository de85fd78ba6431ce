using System.Buffers.Binary;

namespace FlowStudio.Engine.Storage.Search;

/// <summary>
/// A stretch of time in the index, with a full-text table of its own. Searches go from the newest to the oldest and stop when they have enough, so a
/// frequent word costs no more than a rare one; and what is about deleted runs goes a shard at a time, which costs nothing for each run.
/// </summary>
/// <param name="Low">The first key in it; the first shard has also what is below.</param>
/// <param name="Docs">Runs that were taken in.</param>
sealed record SearchShard(long Id, long Low, long Docs)
{
    /// <summary>So many, then the next is begun.</summary>
    public const int Full = 50_000;

    public string Table => FormattableString.Invariant($"text_{Id}");

    /// <summary>Texts are not kept, only where their words are: they are in the database.</summary>
    public string CreateTable => $"""CREATE VIRTUAL TABLE {Table} USING fts5(tags, body, content='', columnsize=0, tokenize="unicode61 remove_diacritics 2")""";
}

/// <summary>A run's place in the index: sorts as its id does.</summary>
static class SearchKey
{
    /// <summary>Runs whose ids begin alike get neighbouring keys, so many at most.</summary>
    public const int Neighbours = 64;

    const int RandomBits = 15;

    /// <summary>The time of the id in milliseconds, and the fifteen bits after it.</summary>
    public static long Of(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        var time = BinaryPrimitives.ReadInt64BigEndian(bytes) >>> 16;
        // After the version's four bits come twelve random ones; after the variant's two, the rest.
        return (time << RandomBits) | ((long)(BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]) & 0xfff) << 3) | (uint)((bytes[8] & 0x3f) >> 3);
    }

    /// <summary>The first key of a time.</summary>
    public static long At(DateTimeOffset time) => Math.Clamp(time.ToUnixTimeMilliseconds(), 0, (1L << 48) - 1) << RandomBits;

    /// <summary>The first id whose key has the same time as this one.</summary>
    public static Guid IdAt(long key) => GuidBytes.Read(GuidBytes.LowerBound(DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(key >> RandomBits, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()))));
}
