using System.Buffers.Binary;
using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace FlowStudio.Benchmarks.Load;

/// <summary>
/// Linux's epoll, level-triggered, for one thread: the load generator then costs one wait per batch of answers instead of a thread-pool hop per answer,
/// and leaves the cores to what is measured.
/// </summary>
sealed unsafe partial class Epoll : IDisposable
{
    const int ControlAdd = 1;
    const int ControlDelete = 2;
    const uint Readable = 1;
    const int MaxEvents = 64;
    const int InterruptedBySignal = 4;

    // struct epoll_event is packed on x86-64 only.
    static readonly int Stride = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    static readonly int DataOffset = Stride - 8;

    readonly int descriptor = Checked(Create(0));
    readonly byte[] events = new byte[MaxEvents * 16];

    public void Add(Socket socket, int key)
    {
        Span<byte> entry = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(entry, Readable);
        BinaryPrimitives.WriteInt64LittleEndian(entry[DataOffset..], key);
        fixed (byte* pointer = entry)
            Checked(Control(descriptor, ControlAdd, (int)socket.Handle, pointer));
    }

    public void Remove(Socket socket)
    {
        Span<byte> unused = stackalloc byte[16];
        fixed (byte* pointer = unused)
            Checked(Control(descriptor, ControlDelete, (int)socket.Handle, pointer));
    }

    /// <summary>Waits until a socket has something to read or the time is over, and gives the keys of those that have.</summary>
    public int Wait(long nanoseconds, Span<int> keys)
    {
        var timeout = new TimeSpec(nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
        int count;
        fixed (byte* pointer = events)
            count = WaitPrecisely(descriptor, pointer, Math.Min(MaxEvents, keys.Length), &timeout, null);
        if (count < 0)
            return Marshal.GetLastPInvokeError() == InterruptedBySignal ? 0 : Checked(count);
        for (var index = 0; index < count; index++)
            keys[index] = (int)BinaryPrimitives.ReadInt64LittleEndian(events.AsSpan((index * Stride) + DataOffset));
        return count;
    }

    public void Dispose() => _ = Close(descriptor);

    static int Checked(int result) => result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError());

    [StructLayout(LayoutKind.Sequential)]
    readonly record struct TimeSpec(long Seconds, long Nanoseconds);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int Create(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(int epoll, int operation, int socket, byte* entry);

    [LibraryImport("libc", EntryPoint = "epoll_pwait2", SetLastError = true)]
    private static partial int WaitPrecisely(int epoll, byte* events, int maximum, TimeSpec* timeout, void* signals);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
