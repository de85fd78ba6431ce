using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using FlowStudio.Benchmarks.Processes;

namespace FlowStudio.Benchmarks.Streams;

/// <summary>A run's stream, read as fast as it comes: whether its events are all there and in order, and how late each came.</summary>
/// <param name="tokens">How many tokens the run will say.</param>
sealed class FollowedRun(string run, int tokens)
{
    const int BufferSize = 8 * 1024;

    readonly List<long> delays = [];
    readonly TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    long lastSeq;
    long length;
    string? end;

    public string Run => run;

    /// <summary>Nanoseconds from when an event happened to when it was read, of events that happened while the stream was open.</summary>
    public IReadOnlyList<long> Delays => delays;

    /// <summary>The last event that was read.</summary>
    public long LastSeq => lastSeq;

    /// <summary>The number that the server said to go on after, when it cut the stream off as too slow; null when it did not.</summary>
    public long? CutOffAt { get; private set; }

    /// <summary>Done when the first event is there.</summary>
    public Task Begun => begun.Task;

    /// <summary>What is wrong with what was read; null when it is the whole run, in order.</summary>
    public string? Problem { get; private set; }

    /// <summary>Reads to the end.</summary>
    public async Task FollowAsync(HttpClient http, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/runs/{run}/events");
        if (lastSeq > 0)
            request.Headers.Add("Last-Event-ID", lastSeq.ToString(CultureInfo.InvariantCulture));
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.StatusCode != HttpStatusCode.OK)
            throw new InvalidOperationException($"The stream of {run} was answered {(int)response.StatusCode}.");
        await ReadAsync(await response.Content.ReadAsStreamAsync(cancellationToken), TimeProvider.System.GetUtcNow(), cancellationToken);
    }

    /// <summary>Reads events from a body.</summary>
    /// <param name="since">Events that happened before are not late.</param>
    public async Task ReadAsync(Stream body, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var cutOffBefore = CutOffAt;
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            var filled = 0;
            while (await body.ReadAsync(buffer.AsMemory(filled), cancellationToken) is > 0 and var count)
            {
                filled += count;
                var taken = Take(buffer.AsSpan(0, filled), TimeProvider.System.GetUtcNow(), since);
                buffer.AsSpan(taken, filled - taken).CopyTo(buffer);
                filled -= taken;
                if (filled == buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(2 * buffer.Length);
                    buffer.CopyTo(larger, 0);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        if (CutOffAt == cutOffBefore)
            Check();
    }

    /// <summary>Takes the frames that are whole; returns how many bytes those are.</summary>
    int Take(ReadOnlySpan<byte> bytes, DateTimeOffset now, DateTimeOffset since)
    {
        var taken = 0;
        while (bytes[taken..].IndexOf("\n\n"u8) is >= 0 and var length)
        {
            Frame(bytes.Slice(taken, length), now, since);
            taken += length + 2;
        }
        return taken;
    }

    void Frame(ReadOnlySpan<byte> frame, DateTimeOffset now, DateTimeOffset since)
    {
        var at = frame.IndexOf("\ndata: "u8);
        // A comment, which keeps the connection alive.
        if (at < 0)
            return;
        var json = new Utf8JsonReader(frame[(at + 7)..]);
        using var document = JsonDocument.ParseValue(ref json);
        var happened = document.RootElement;
        var type = happened.GetProperty("type").GetString();
        var seq = happened.GetProperty("seq").GetInt64();
        var data = happened.GetProperty("data");
        if (type == "error")
        {
            CutOffAt = data.GetProperty("code").GetString() == "too_slow" && seq == lastSeq ? seq : throw new InvalidOperationException($"Run {run}: {happened}");
            return;
        }
        var from = happened.TryGetProperty("from_seq", out var first) ? first.GetInt64() : seq;
        if (from > lastSeq + 1 || seq <= lastSeq)
            Problem ??= $"Run {run}: after event {lastSeq} comes {from} to {seq}.";
        lastSeq = seq;
        if (type == "token")
            Token(data);
        else if (type == "run.finished")
            end = data.GetProperty("status").GetString();
        var time = happened.GetProperty("at").GetDateTimeOffset();
        if (time >= since)
            delays.Add((now - time).Ticks * TimeSpan.NanosecondsPerTick);
        begun.TrySetResult();
    }

    void Token(JsonElement data)
    {
        var (text, offset) = (data.GetProperty("text").GetString() ?? "", data.GetProperty("offset").GetInt64());
        if (offset > length)
            Problem ??= $"Run {run}: after {length} characters comes what stands at {offset}.";
        length = Math.Max(length, offset + text.Length);
    }

    void Check()
    {
        if (end != "succeeded")
            Problem ??= $"Run {run} ended as {end ?? "nothing"}.";
        else if (length != (long)tokens * Encoding.UTF8.GetByteCount(StubServer.HeldToken))
            Problem ??= $"Run {run} said {length} characters, of {tokens} tokens.";
    }
}
