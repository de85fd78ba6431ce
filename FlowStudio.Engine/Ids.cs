using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace FlowStudio.Engine;

/// <summary>
/// UUIDv7 ids that sort in the order in which they were made, also within a millisecond: messages, runs and caught requests are listed by their ids alone.
/// <see cref="Guid.CreateVersion7(DateTimeOffset)"/> fills what follows the milliseconds at random.
/// </summary>
public static class Ids
{
    const int FractionBits = 12;

    // A step back that is longer was a correction of the clock, not two cores that disagree: the ids follow the clock then.
    const long Together = 1000L << FractionBits;

    // Each clock its own: one process has several in tests.
    static readonly ConditionalWeakTable<TimeProvider, StrongBox<long>> Latest = [];

    /// <summary>A new id for a moment that was just read from a clock.</summary>
    /// <remarks>RFC 9562, §6.2, methods 3 and 1: the twelve bits behind the milliseconds are their fraction, counted on where two moments are the same.</remarks>
    public static Guid New(TimeProvider clock, DateTimeOffset now)
    {
        ref var latest = ref Latest.GetValue(clock, static _ => new StrongBox<long>()).Value;
        var fraction = ((now.Ticks % TimeSpan.TicksPerMillisecond) << FractionBits) / TimeSpan.TicksPerMillisecond;
        var wanted = (now.ToUnixTimeMilliseconds() << FractionBits) | fraction;
        long last, taken;
        do
        {
            last = Volatile.Read(ref latest);
            taken = last >= wanted && last - wanted < Together ? last + 1 : wanted;
        }
        while (Interlocked.CompareExchange(ref latest, taken, last) != last);

        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes[8..]);
        var milliseconds = taken >> FractionBits;
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)(milliseconds >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(bytes[2..], (uint)milliseconds);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[6..], (ushort)(0x7000 | (taken & 0xFFF)));
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3F));
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>A new id for this moment.</summary>
    public static Guid New(TimeProvider clock) => New(clock, clock.GetUtcNow());
}
