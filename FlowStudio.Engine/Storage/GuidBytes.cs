using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace FlowStudio.Engine.Storage;

/// <summary>Ids as 16 bytes, big-endian, so that the bytes of UUIDv7 sort by time.</summary>
sealed class GuidBytes() : ValueConverter<Guid, byte[]>(id => Of(id), bytes => Read(bytes))
{
    public static byte[] Of(Guid id) => id.ToByteArray(bigEndian: true);

    public static Guid Read(byte[] bytes) => new(bytes, bigEndian: true);

    /// <summary>The smallest id that a UUIDv7 made at this time, or later, can have.</summary>
    public static byte[] LowerBound(DateTimeOffset time)
    {
        var bytes = new byte[16];
        var milliseconds = Math.Clamp(time.ToUnixTimeMilliseconds(), 0, (1L << 48) - 1);
        for (var i = 5; i >= 0; i--, milliseconds >>= 8)
            bytes[i] = (byte)milliseconds;
        return bytes;
    }
}

/// <summary>Times as microseconds since the Unix epoch; what is finer is cut off.</summary>
sealed class UnixMicros() : ValueConverter<DateTimeOffset, long>(time => Of(time), micros => Read(micros))
{
    public static long Of(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset Read(long micros) => DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond);
}
