using System.Security.Cryptography;
using System.Text;

namespace FlowStudio.Engine.Execution;

/// <summary>Threads of callers that bring their own session id.</summary>
public static class ThreadIds
{
    /// <summary>
    /// The thread of a flow's session: made from both by SHA-256, so that it is known before anything is read (a UUIDv8, RFC 9562 §5.8).
    /// </summary>
    public static Guid Of(Guid flowId, string sessionId)
    {
        Span<byte> input = stackalloc byte[16 + Encoding.UTF8.GetMaxByteCount(256)];
        flowId.TryWriteBytes(input, bigEndian: true, out _);
        var length = Encoding.UTF8.GetBytes(sessionId.AsSpan(0, Math.Min(sessionId.Length, 256)), input[16..]);
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(input[..(16 + length)], hash);
        return Uuid(hash);
    }

    /// <summary>A UUIDv8 from the first bytes of a hash, which it changes.</summary>
    internal static Guid Uuid(Span<byte> hash)
    {
        hash[6] = (byte)((hash[6] & 0x0f) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3f) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
