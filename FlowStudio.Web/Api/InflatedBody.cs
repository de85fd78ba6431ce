using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;

namespace FlowStudio.Web.Api;

/// <summary>
/// Unpacks gzip bodies into pooled pieces. The limit counts what is unpacked, and it counts what comes in too: neither a small body that unpacks to
/// gigabytes nor an endless one that unpacks to nothing costs more than the limit.
/// </summary>
sealed class InflatedBody
{
    const int PieceSize = 64 * 1024;

    /// <summary>Ten bytes of header and eight at the end.</summary>
    const int ShortestGzip = 18;

    readonly List<byte[]> pieces = [];

    /// <summary>The unpacked body; the pieces are given back with <see cref="Return"/>.</summary>
    public ReadOnlySequence<byte> Bytes { get; private set; }

    /// <returns>Null when it is larger than the limit.</returns>
    /// <exception cref="InvalidDataException">It is not gzip, cut off, or several packed bodies in a row.</exception>
    public static async ValueTask<InflatedBody?> ReadAsync(PipeReader packed, long maxBytes)
    {
        var body = new InflatedBody();
        try
        {
            var source = new Counted(packed.AsStream(leaveOpen: true), maxBytes);
            await using var gzip = new GZipStream(source, CompressionMode.Decompress, leaveOpen: true);
            for (var length = 0L; ;)
            {
                var piece = ArrayPool<byte>.Shared.Rent(PieceSize);
                body.pieces.Add(piece);
                var filled = await gzip.ReadAtLeastAsync(piece.AsMemory(0, PieceSize), PieceSize, throwOnEndOfStream: false, CancellationToken.None);
                length += filled;
                if (length > maxBytes || source.Exceeded)
                {
                    body.Return();
                    return null;
                }
                if (filled == PieceSize)
                    continue;
                // The framework's stream takes a cut-off end for the end. Gzip closes with the length of what was packed.
                if (source.Taken is > 0 and < ShortestGzip || source.Last != (uint)length)
                    throw new InvalidDataException("It is cut off, or not one piece.");
                body.Bytes = Join(body.pieces, filled);
                return body;
            }
        }
        catch
        {
            body.Return();
            throw;
        }
    }

    public void Return()
    {
        foreach (var piece in pieces)
            ArrayPool<byte>.Shared.Return(piece);
        pieces.Clear();
    }

    static ReadOnlySequence<byte> Join(List<byte[]> pieces, int lastLength)
    {
        if (pieces is [var only])
            return new(only, 0, lastLength);
        Segment? first = null;
        Segment? last = null;
        for (var i = 0; i < pieces.Count; i++)
        {
            last = new Segment(pieces[i].AsMemory(0, i < pieces.Count - 1 ? PieceSize : lastLength), last);
            first ??= last;
        }
        return first is null || last is null ? default : new(first, 0, last, last.Memory.Length);
    }

    sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? before)
        {
            Memory = memory;
            if (before is null)
                return;
            RunningIndex = before.RunningIndex + before.Memory.Length;
            before.Next = this;
        }
    }

    /// <summary>Ends after so many bytes, and knows whether it did and how it ended.</summary>
    sealed class Counted(Stream inner, long most) : Stream
    {
        public long Taken { get; private set; }

        public bool Exceeded => Taken > most;

        /// <summary>The last four bytes, the least significant first.</summary>
        public uint Last { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Exceeded)
                return 0;
            var count = await inner.ReadAsync(buffer, cancellationToken);
            Taken += count;
            foreach (var one in buffer.Span[Math.Max(0, count - 4)..count])
                Last = (Last >> 8) | ((uint)one << 24);
            return count;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();
    }
}
