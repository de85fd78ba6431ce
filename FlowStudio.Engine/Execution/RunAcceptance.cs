using System.Text.Json;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;

namespace FlowStudio.Engine.Execution;

/// <summary>The events that a run is accepted with: what it was started with, and the steps that a replay takes over.</summary>
static class RunAcceptance
{
    /// <summary>The run's first event, ended by a newline as it is stored.</summary>
    public static byte[] Event(RunRequest request, Run run)
    {
        var json = RunEventJson.Write(1, fromSeq: null, run.CreatedAt, RunEventTypes.RunAccepted, nodeId: null, iteration: null, attempt: null, (request, run), static (json, s) =>
        {
            json.WriteString("trigger"u8, RunNames.Of(s.request.Trigger));
            if (s.run.FlowVersion is { } number)
                json.WriteNumber("flow_version"u8, number);
            json.WriteString("thread_id"u8, s.run.ThreadId);
            if (s.run.ParentRunId is { } parent)
                json.WriteString("parent_run_id"u8, parent);
            if (s.request.Scheduled is { } scheduled)
            {
                json.WriteString("schedule_id"u8, scheduled.ScheduleId);
                json.WriteString("scheduled_at"u8, scheduled.At);
            }
            if (s.request.Replay is { } replay)
            {
                json.WriteString("replay_of"u8, replay.RunId);
                json.WriteString("origin"u8, RunNames.Of(replay.Origin));
            }
            if (s.request.SessionId is { } session)
                json.WriteString("session_id"u8, session);
            WriteIds(json, "interrupt_before"u8, s.request.InterruptBefore);
            WriteIds(json, "interrupt_after"u8, s.request.InterruptAfter);
            json.WriteRaw("input"u8, s.request.Input);
            if (s.request.Call is { } call)
                WriteCall(json, call);
        });
        Array.Resize(ref json, json.Length + 1);
        json[^1] = (byte)'\n';
        return json;
    }

    /// <summary>The steps that a replay takes over, finished as they were: the run stands on its own when the one it replays is deleted.</summary>
    public static IReadOnlyList<RunEvent> KeptEvents(RunRequest request, Run run, SecretRedactor redactor)
    {
        if (request.Replay is not { Kept.Count: > 0 } replay)
            return [];
        var events = new List<RunEvent>(replay.Kept.Count);
        foreach (var step in replay.Kept)
        {
            var seq = 2 + events.Count;
            var json = RunEventJson.Write(seq, fromSeq: null, run.CreatedAt, RunEventTypes.NodeFinished, step.NodeId, step.Iteration, step.Attempt, (step, replay.RunId), static (json, s) =>
            {
                json.WriteStartObject("output"u8);
                foreach (var (port, value) in s.step.Output)
                {
                    json.WritePropertyName(port);
                    json.WriteRawValue(JsonText.Utf8(value), skipInputValidation: true);
                }
                json.WriteEndObject();
                json.WriteBoolean("reused"u8, value: true);
                json.WriteString("reused_from"u8, s.step.ReusedFrom ?? s.RunId);
            });
            // The vault may hold what it did not when the step was done.
            if (redactor.TryRedactJson(json, out var redacted) && redacted is not null)
                json = [.. redacted];
            events.Add(new RunEvent(run.Id, seq, RunEventTypes.NodeFinished, step.NodeId, json));
        }
        return events;
    }

    /// <summary>All of them as they are stored, one a line.</summary>
    public static byte[] Lines(byte[] accepted, IReadOnlyList<RunEvent> kept)
    {
        if (kept.Count == 0)
            return accepted;
        var lines = new byte[accepted.Length + kept.Sum(e => e.Json.Length + 1)];
        accepted.CopyTo(lines, 0);
        var at = accepted.Length;
        foreach (var step in kept)
        {
            step.Json.CopyTo(lines.AsMemory(at));
            at += step.Json.Length;
            lines[at++] = (byte)'\n';
        }
        return lines;
    }

    static void WriteCall(Utf8JsonWriter json, CallDetails call)
    {
        json.WriteStartObject("call"u8);
        json.WriteString("method"u8, call.Method);
        WritePairs(json, "headers"u8, call.Headers);
        WritePairs(json, "query"u8, call.Query);
        if (call.Dialect is { } dialect)
            json.WriteString("dialect"u8, dialect);
        if (call.Body is { } body)
            json.WriteString("body"u8, body);
        if (call.IsBase64)
            json.WriteBoolean("base64"u8, value: true);
        json.WriteEndObject();
    }

    static void WriteIds(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<string> ids)
    {
        if (ids.Count == 0)
            return;
        json.WriteStartArray(name);
        foreach (var id in ids)
            json.WriteStringValue(id);
        json.WriteEndArray();
    }

    static void WritePairs(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<KeyValuePair<string, string>> pairs)
    {
        json.WriteStartArray(name);
        foreach (var (key, value) in pairs)
        {
            json.WriteStartArray();
            json.WriteStringValue(key);
            json.WriteStringValue(value);
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }
}
