using System.Numerics;

namespace FlowStudio.Benchmarks.Load;

/// <summary>
/// Counts latencies in logarithmic buckets, 64 to each power of two, so that a percentile is never below the true value and at most 1.6 % above it.
/// Values are nanoseconds.
/// </summary>
sealed class Histogram
{
    const int Precision = 6;
    const int BucketsPerOctave = 1 << Precision;

    readonly long[] counts = new long[IndexOf(long.MaxValue) + 1];

    public long Count { get; private set; }

    /// <summary>The largest value recorded, exact.</summary>
    public long Max { get; private set; }

    /// <summary>Adds one value; a negative one (a clock read in the wrong order) counts as zero.</summary>
    public void Record(long nanoseconds)
    {
        var value = Math.Max(0, nanoseconds);
        counts[IndexOf(value)]++;
        Count++;
        Max = Math.Max(Max, value);
    }

    /// <summary>The value that <paramref name="percent"/> of all recorded values don't exceed (the upper edge of its bucket); 0 when nothing was recorded.</summary>
    public long Percentile(double percent)
    {
        var rank = Math.Clamp((long)Math.Ceiling(percent / 100 * Count), 1, Math.Max(1, Count));
        var seen = 0L;
        for (var index = 0; index < counts.Length; index++)
        {
            seen += counts[index];
            if (seen >= rank)
                return Math.Min(UpperEdge(index), Max);
        }
        return Max;
    }

    /// <summary>Below 128 every value has its own bucket; above, the top seven bits choose it.</summary>
    internal static int IndexOf(long value)
    {
        var shift = Math.Max(0, BitOperations.Log2((ulong)value) - Precision);
        return (shift * BucketsPerOctave) + (int)(value >> shift);
    }

    internal static long UpperEdge(int index)
    {
        var shift = Math.Max(0, (index / BucketsPerOctave) - 1);
        var top = (long)index - (shift * BucketsPerOctave);
        return ((top + 1) << shift) - 1;
    }
}
