using System.Buffers;
using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json;

namespace FlowStudio.Engine;

/// <summary>The hashes of the names of all objects that are open; an inner object's are gone when the outer one goes on.</summary>
ref struct JsonNames(Span<ulong> hashes, Span<int> starts)
{
    /// <summary>Up to here comparing each with each is cheaper than sorting.</summary>
    const int Few = 12;

    static readonly ulong Seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));

    readonly Span<int> starts = starts;
    Span<ulong> hashes = hashes;
    ulong[]? rented;
    int count;
    int depth;

    public void Open() => starts[depth++] = count;

    /// <param name="reader">Stands at a property's name.</param>
    public static ulong Hash(ref Utf8JsonReader reader) => reader.ValueIsEscaped ? HashUnescaped(ref reader) : Hash(reader.ValueSpan);

    public void Add(ulong hash)
    {
        if (count == hashes.Length)
            Grow();
        hashes[count++] = hash;
    }

    public bool CloseFindsDouble()
    {
        var own = hashes[starts[--depth]..count];
        count = starts[depth];
        if (own.Length > Few)
        {
            own.Sort();
            for (var i = 1; i < own.Length; i++)
            {
                if (own[i] == own[i - 1])
                    return true;
            }
            return false;
        }
        for (var i = 1; i < own.Length; i++)
        {
            if (own[..i].Contains(own[i]))
                return true;
        }
        return false;
    }

    public readonly void Dispose()
    {
        if (rented is not null)
            ArrayPool<ulong>.Shared.Return(rented);
    }

    void Grow()
    {
        var larger = ArrayPool<ulong>.Shared.Rent(hashes.Length * 2);
        hashes.CopyTo(larger);
        if (rented is not null)
            ArrayPool<ulong>.Shared.Return(rented);
        hashes = rented = larger;
    }

    static ulong HashUnescaped(ref Utf8JsonReader reader)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        try
        {
            return Hash(buffer.AsSpan(0, reader.CopyString(buffer)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>64 bits, seeded anew in every process, so that nobody can look for names that meet; by chance they never do.</summary>
    static ulong Hash(ReadOnlySpan<byte> name)
    {
        const ulong factor = 0x9E3779B97F4A7C15;
        var hash = Seed ^ ((ulong)name.Length * factor);
        for (; name.Length >= 8; name = name[8..])
            hash = Mix(hash ^ BitConverter.ToUInt64(name), factor);
        ulong rest = 0;
        foreach (var b in name)
            rest = (rest << 8) | b;
        return Mix(hash ^ rest, factor ^ Seed);
    }

    static ulong Mix(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return high ^ BitOperations.RotateLeft(low, 29);
    }
}
