using System.Numerics;

namespace FlowStudio.Engine.Runs;

/// <summary>
/// Counts durations in logarithmic buckets, sixteen to each power of two, so that any number of histograms add up to one and a percentile
/// is never below the true value and at most 6.3 % above it. Resolution 1 µs; stored, it has the buckets that were hit, about three bytes each.
/// </summary>
public sealed class DurationHistogram
{
    const int Precision = 4;
    const int BucketsPerOctave = 1 << Precision;

    readonly long[] counts = new long[IndexOf(long.MaxValue) + 1];

    int lowest = int.MaxValue;
    int highest = -1;

    public long Count { get; private set; }

    /// <summary>Adds one; a negative duration, from a clock that was set back, counts as none.</summary>
    public void Add(TimeSpan duration)
    {
        Add(IndexOf(Math.Max(0, duration.Ticks / TimeSpan.TicksPerMicrosecond)), 1);
    }

    /// <summary>Forgets all: a new one for each of many sums would cost more than the sums.</summary>
    public void Clear()
    {
        if (highest >= 0)
            Array.Clear(counts, lowest, highest - lowest + 1);
        (lowest, highest, Count) = (int.MaxValue, -1, 0);
    }

    /// <summary>Adds what <see cref="ToBytes"/> gave.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public void Add(ReadOnlySpan<byte> stored)
    {
        for (long index = -1; !stored.IsEmpty;)
        {
            index += Take(ref stored) + 1;
            var count = Take(ref stored);
            if (index >= counts.Length)
                throw new InvalidDataException("A stored histogram names a bucket that there is not.");
            Add((int)index, count);
        }
    }

    /// <summary>Gap and count of each bucket that was hit, as variable-length integers.</summary>
    public byte[] ToBytes()
    {
        var bytes = new List<byte>();
        var last = -1;
        for (var index = lowest; index <= highest; index++)
        {
            if (counts[index] == 0)
                continue;
            Put(bytes, index - last - 1);
            Put(bytes, counts[index]);
            last = index;
        }
        return [.. bytes];
    }

    /// <summary>The duration that <paramref name="percent"/> of all do not exceed; null when there are none.</summary>
    public TimeSpan? Percentile(double percent)
    {
        if (Count == 0)
            return null;
        var rank = Math.Clamp((long)Math.Ceiling(percent / 100 * Count), 1, Count);
        var index = lowest;
        for (var seen = counts[index]; seen < rank; seen += counts[index])
            index++;
        return TimeSpan.FromMicroseconds(UpperEdge(index));
    }

    void Add(int index, long count)
    {
        counts[index] += count;
        Count += count;
        lowest = Math.Min(lowest, index);
        highest = Math.Max(highest, index);
    }

    static int IndexOf(long value)
    {
        var shift = Math.Max(0, BitOperations.Log2((ulong)value) - Precision);
        return (shift * BucketsPerOctave) + (int)(value >> shift);
    }

    static long UpperEdge(int index)
    {
        var shift = Math.Max(0, (index / BucketsPerOctave) - 1);
        return (((long)index - (shift * BucketsPerOctave) + 1) << shift) - 1;
    }

    static void Put(List<byte> bytes, long value)
    {
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
    }

    static long Take(ref ReadOnlySpan<byte> bytes)
    {
        var value = 0L;
        for (var i = 0; i < bytes.Length && i < 9; i++)
        {
            value |= (long)(bytes[i] & 0x7f) << (7 * i);
            if (bytes[i] >= 0x80)
                continue;
            bytes = bytes[(i + 1)..];
            return value;
        }
        throw new InvalidDataException("A stored histogram is cut off.");
    }
}
