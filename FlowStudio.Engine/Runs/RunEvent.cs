using System.Text.Json;

namespace FlowStudio.Engine.Runs;

/// <summary>The types of events, as the wire contract names them.</summary>
public static class RunEventTypes
{
    public const string RunAccepted = "run.accepted";
    public const string RunStarted = "run.started";
    public const string RunWaiting = "run.waiting";
    public const string RunResumed = "run.resumed";
    public const string RunInterrupted = "run.interrupted";
    public const string RunFinished = "run.finished";

    /// <summary>The run said what whoever started it and waits is to be answered: <see cref="RunResponse"/>; once per run.</summary>
    public const string RunResponded = "run.responded";
    public const string NodeStarted = "node.started";
    public const string NodeRetrying = "node.retrying";
    public const string NodeFinished = "node.finished";
    public const string NodeFailed = "node.failed";
    public const string NodeSkipped = "node.skipped";
    public const string NodeWaiting = "node.waiting";

    /// <summary>The question that a <see cref="NodeWaiting"/> told of was answered: <c>question_id</c>, <c>answer</c>, <c>by</c>, <c>via</c>.</summary>
    public const string NodeAnswered = "node.answered";

    public const string Log = "log";
    public const string Token = "token";
    public const string Gap = "gap";

    /// <summary>Not of the run but of its stream, and never stored: the reader was too slow (<c>code</c> <c>too_slow</c>, <c>message</c>, <c>last_seq</c>).</summary>
    public const string CutOff = "error";
}

/// <summary>
/// Something that happened in a run. Written once as JSON and then stored, streamed and shown from the same bytes:
/// <c>{"seq","at","type","node_id"?,"iteration"?,"attempt"?,"data"}</c>; a merged token record has <c>from_seq</c> as well.
/// </summary>
/// <param name="Seq">Its number in the run, from 1; a merged record's last. Numbers grow, but may leave gaps after a restart.</param>
/// <param name="Type">One of <see cref="RunEventTypes"/>.</param>
/// <param name="NodeId">The node it is about, or null.</param>
/// <param name="Json">The event as UTF-8 JSON, one line.</param>
public sealed record RunEvent(Guid RunId, long Seq, string Type, string? NodeId, ReadOnlyMemory<byte> Json)
{
    /// <summary>The event, parsed.</summary>
    public RunEventView Read() => RunEventView.Parse(Json.Span);
}

/// <summary>Words for a log line's weight.</summary>
public enum LogLevelName
{
    Debug,
    Info,
    Warning,
    Error,
}

/// <summary>An event, read.</summary>
public sealed record RunEventView(long Seq, long FromSeq, DateTimeOffset At, string Type, string? NodeId, IReadOnlyList<int> Iteration, int Attempt, JsonElement Data)
{
    /// <summary>Reads an event's JSON; unknown properties are ignored.</summary>
    public static RunEventView Parse(ReadOnlySpan<byte> utf8)
    {
        var root = JsonText.Parse(utf8);
        var seq = root.GetProperty("seq").GetInt64();
        return new(
            seq,
            root.TryGetProperty("from_seq", out var from) ? from.GetInt64() : seq,
            root.GetProperty("at").GetDateTimeOffset(),
            root.GetProperty("type").GetString() ?? "",
            root.TryGetProperty("node_id", out var node) ? node.GetString() : null,
            root.TryGetProperty("iteration", out var path) ? [.. path.EnumerateArray().Select(i => i.GetInt32())] : [],
            root.TryGetProperty("attempt", out var attempt) ? attempt.GetInt32() : 1,
            root.TryGetProperty("data", out var data) ? data : JsonText.EmptyObject);
    }

    /// <summary>A text of <see cref="Data"/>, or null.</summary>
    public string? Text(string name) => Data.ValueKind is JsonValueKind.Object && Data.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
}
