using System.Buffers;
using System.Text.Json;

namespace FlowStudio.Engine.Runs;

/// <summary>A run of consecutive event records, as stored: one record a line.</summary>
/// <param name="FromSeq">The first record's number.</param>
/// <param name="ToSeq">The last record's number.</param>
public sealed record EventChunk(Guid RunId, long FromSeq, long ToSeq, byte[] Lines);

/// <summary>
/// The events of one run that is open in this process: numbers them, shows them to watchers at once, and hands them to the journal in
/// chunks. What is handed over stays visible to new watchers until the journal says it is durable. Thread-safe.
/// </summary>
public sealed class RunEventLog
{
    readonly RunEventHub hub;
    readonly RunEventHub.Topic topic;
    readonly Guid flowId;
    readonly TimeProvider time;
    readonly List<Entry> tail = [];
    long nextSeq;
    int handedOver;
    long pendingBytes;

    internal RunEventLog(RunEventHub hub, RunEventHub.Topic topic, Guid runId, Guid flowId, long nextSeq, TimeProvider time)
    {
        this.hub = hub;
        this.topic = topic;
        this.flowId = flowId;
        this.nextSeq = nextSeq;
        this.time = time;
        RunId = runId;
    }

    public Guid RunId { get; }

    /// <summary>Whether there is something the journal has not been given.</summary>
    public bool HasPending
    {
        get
        {
            lock (topic)
                return tail.Count > handedOver;
        }
    }

    /// <summary>How much the journal has not been given, about.</summary>
    public long PendingBytes => Volatile.Read(ref pendingBytes);

    /// <summary>Adds an event; returns when it happened.</summary>
    public DateTimeOffset Add<TState>(string type, string? nodeId, IReadOnlyList<int>? iteration, int? attempt, TState state, Action<Utf8JsonWriter, TState>? writeData)
    {
        var at = time.GetUtcNow();
        lock (topic)
        {
            var seq = nextSeq++;
            var happened = new RunEvent(RunId, seq, type, nodeId, RunEventJson.Write(seq, fromSeq: null, at, type, nodeId, iteration, attempt, state, writeData));
            tail.Add(new(happened, Token: null));
            pendingBytes += happened.Json.Length;
            hub.Send(topic, flowId, happened);
        }
        return at;
    }

    /// <summary>Adds an event without data.</summary>
    public DateTimeOffset Add(string type, string? nodeId = null, IReadOnlyList<int>? iteration = null, int? attempt = null) =>
        Add<object?>(type, nodeId, iteration, attempt, state: null, writeData: null);

    /// <summary>Adds a piece of a streamed text.</summary>
    /// <param name="offset">Characters of this node's stream before it.</param>
    public void AddToken(string nodeId, IReadOnlyList<int> iteration, int attempt, string text, long offset)
    {
        var at = time.GetUtcNow();
        lock (topic)
        {
            var seq = nextSeq++;
            var token = new TokenPiece(iteration, attempt, text, offset, at);
            var happened = new RunEvent(RunId, seq, RunEventTypes.Token, nodeId, Write(seq, seq, nodeId, token, text));
            tail.Add(new(happened, token));
            pendingBytes += happened.Json.Length;
            hub.Send(topic, flowId, happened);
        }
    }

    /// <summary>What the journal has not been given yet, tokens merged; null when there is nothing.</summary>
    public EventChunk? TakePending()
    {
        lock (topic)
        {
            if (tail.Count == handedOver)
                return null;
            var lines = new ArrayBufferWriter<byte>(512 * (tail.Count - handedOver));
            var from = tail[handedOver].Event.Seq;
            for (var i = handedOver; i < tail.Count;)
                i = WriteRecord(lines, i);
            handedOver = tail.Count;
            pendingBytes = 0;
            return new(RunId, from, tail[^1].Event.Seq, lines.WrittenSpan.ToArray());
        }
    }

    /// <summary>
    /// What is pending and a last event that nobody may see before it is durable: the status it tells must be readable by then.
    /// Show it with <see cref="Publish"/> after the commit.
    /// </summary>
    public (EventChunk Chunk, RunEvent Last) TakePendingWith<TState>(string type, TState state, Action<Utf8JsonWriter, TState>? writeData)
    {
        var at = time.GetUtcNow();
        lock (topic)
        {
            var pending = TakePending();
            var seq = nextSeq++;
            var last = new RunEvent(RunId, seq, type, NodeId: null, RunEventJson.Write(seq, fromSeq: null, at, type, nodeId: null, iteration: null, attempt: null, state, writeData));
            byte[] lines = [.. pending?.Lines ?? [], .. last.Json.Span, (byte)'\n'];
            return (new EventChunk(RunId, pending?.FromSeq ?? seq, seq, lines), last);
        }
    }

    /// <summary>Shows an event from <see cref="TakePendingWith{TState}"/>, now that it is durable.</summary>
    public void Publish(RunEvent last)
    {
        lock (topic)
            hub.Send(topic, flowId, last);
    }

    /// <summary>The journal has made everything up to this number durable.</summary>
    public void Stored(long toSeq)
    {
        lock (topic)
        {
            var count = 0;
            while (count < handedOver && tail[count].Event.Seq <= toSeq)
                count++;
            tail.RemoveRange(0, count);
            handedOver -= count;
        }
    }

    /// <summary>The run ended or sleeps; its events are in the store.</summary>
    public void Close() => hub.Close(RunId, topic);

    internal IReadOnlyList<RunEvent> Tail() => [.. tail.Select(e => e.Event)];

    int WriteRecord(ArrayBufferWriter<byte> lines, int first)
    {
        var (happened, token) = tail[first];
        var next = first + 1;
        if (token is null)
        {
            lines.Write(happened.Json.Span);
        }
        else
        {
            while (next < tail.Count && tail[next] is { Token: { } more } e && e.Event.NodeId == happened.NodeId && more.Attempt == token.Attempt && more.Iteration.SequenceEqual(token.Iteration))
                next++;
            var text = next == first + 1 ? token.Text : string.Concat(tail.GetRange(first, next - first).Select(e => e.Token?.Text));
            lines.Write(Write(tail[next - 1].Event.Seq, happened.Seq, happened.NodeId, token, text));
        }
        lines.Write("\n"u8);
        return next;
    }

    static byte[] Write(long seq, long fromSeq, string? nodeId, TokenPiece token, string text) =>
        RunEventJson.Write(seq, fromSeq, token.At, RunEventTypes.Token, nodeId, token.Iteration, token.Attempt, (text, token.Offset), static (json, t) =>
        {
            json.WriteString("text"u8, t.text);
            json.WriteNumber("offset"u8, t.Offset);
        });

    sealed record TokenPiece(IReadOnlyList<int> Iteration, int Attempt, string Text, long Offset, DateTimeOffset At);

    readonly record struct Entry(RunEvent Event, TokenPiece? Token);
}
