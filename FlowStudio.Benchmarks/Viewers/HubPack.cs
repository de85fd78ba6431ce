using System.Buffers.Binary;
using System.Text;

namespace FlowStudio.Benchmarks.Viewers;

/// <summary>
/// As much of MessagePack, and of SignalR's messages in it, as a circuit speaks: https://github.com/msgpack/msgpack/blob/master/spec.md,
/// https://github.com/dotnet/aspnetcore/blob/main/src/SignalR/docs/specs/HubProtocol.md. The packages for it are no part of the shared framework.
/// </summary>
static class HubPack
{
    const int Invocation = 1;

    public static readonly byte[] Ping = [2, 0x91, 6];

    /// <summary>A call that waits for no answer, or for the one with this id.</summary>
    public static byte[] Call(string? id, string target, params object?[] arguments)
    {
        using var body = new MemoryStream();
        body.WriteByte(0x96);
        Write(body, Invocation);
        body.WriteByte(0x80);
        Write(body, id);
        Write(body, target);
        body.WriteByte((byte)(0x90 | arguments.Length));
        foreach (var argument in arguments)
            Write(body, argument);
        body.WriteByte(0x90);
        using var message = new MemoryStream();
        var length = (int)body.Length;
        for (; length >= 0x80; length >>= 7)
            message.WriteByte((byte)(length | 0x80));
        message.WriteByte((byte)length);
        body.WriteTo(message);
        return message.ToArray();
    }

    /// <summary>The message at the beginning of these bytes, and how many bytes it takes; null when it is not whole yet.</summary>
    public static (object?[] Message, int Length)? Read(ReadOnlySpan<byte> bytes)
    {
        int length = 0, at = 0;
        for (var shift = 0; ; shift += 7)
        {
            if (at == bytes.Length)
                return null;
            length |= (bytes[at] & 0x7F) << shift;
            if (bytes[at++] < 0x80)
                break;
        }
        if (bytes.Length - at < length)
            return null;
        var end = at + length;
        return (Value(bytes, ref at) as object?[] ?? throw new FormatException("A message is no array."), end);
    }

    static void Write(Stream to, object? value)
    {
        switch (value)
        {
            case null:
                to.WriteByte(0xC0);
                break;
            case bool yes:
                to.WriteByte(yes ? (byte)0xC3 : (byte)0xC2);
                break;
            case int number:
                Write(to, (long)number);
                break;
            case long number:
                Span<byte> eight = stackalloc byte[9];
                eight[0] = 0xD3;
                BinaryPrimitives.WriteInt64BigEndian(eight[1..], number);
                to.Write(eight);
                break;
            case string text:
                var bytes = Encoding.UTF8.GetBytes(text);
                Span<byte> head = stackalloc byte[5];
                head[0] = 0xDB;
                BinaryPrimitives.WriteInt32BigEndian(head[1..], bytes.Length);
                to.Write(head);
                to.Write(bytes);
                break;
            default:
                throw new ArgumentException($"{value.GetType().Name} is not written.", nameof(value));
        }
    }

    static object? Value(ReadOnlySpan<byte> from, ref int at)
    {
        var head = from[at++];
        switch (head)
        {
            case < 0x80:
                return (long)head;
            case < 0x90:
                return Map(from, ref at, head & 0x0F);
            case < 0xA0:
                return Array(from, ref at, head & 0x0F);
            case < 0xC0:
                return Text(from, ref at, head & 0x1F);
            case 0xC0:
                return null;
            case 0xC2 or 0xC3:
                return head == 0xC3;
            case 0xC4 or 0xC5 or 0xC6:
                return Take(from, ref at, (int)Number(from, ref at, 1 << (head - 0xC4))).ToArray();
            case 0xCC or 0xCD or 0xCE or 0xCF:
                return Number(from, ref at, 1 << (head - 0xCC));
            case 0xD0:
                return (long)(sbyte)from[at++];
            case 0xD1:
                return (long)BinaryPrimitives.ReadInt16BigEndian(Take(from, ref at, 2));
            case 0xD2:
                return (long)BinaryPrimitives.ReadInt32BigEndian(Take(from, ref at, 4));
            case 0xD3:
                return BinaryPrimitives.ReadInt64BigEndian(Take(from, ref at, 8));
            case 0xD9 or 0xDA or 0xDB:
                return Text(from, ref at, (int)Number(from, ref at, 1 << (head - 0xD9)));
            case 0xDC or 0xDD:
                return Array(from, ref at, (int)Number(from, ref at, 2 << (head - 0xDC)));
            case >= 0xE0:
                return (long)(sbyte)head;
            default:
                throw new FormatException($"MessagePack's 0x{head:X2} is not read.");
        }
    }

    static long Number(ReadOnlySpan<byte> from, ref int at, int size)
    {
        long number = 0;
        foreach (var part in Take(from, ref at, size))
            number = (number << 8) | part;
        return number;
    }

    static string Text(ReadOnlySpan<byte> from, ref int at, int length) => Encoding.UTF8.GetString(Take(from, ref at, length));

    static object?[] Array(ReadOnlySpan<byte> from, ref int at, int count)
    {
        var values = new object?[count];
        for (var i = 0; i < count; i++)
            values[i] = Value(from, ref at);
        return values;
    }

    static Dictionary<string, object?> Map(ReadOnlySpan<byte> from, ref int at, int count)
    {
        var map = new Dictionary<string, object?>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
            map[Value(from, ref at)?.ToString() ?? ""] = Value(from, ref at);
        return map;
    }

    static ReadOnlySpan<byte> Take(ReadOnlySpan<byte> from, ref int at, int count) => from.Slice((at += count) - count, count);
}
