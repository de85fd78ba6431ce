using System.Text.Json;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Execution;

/// <summary>The last entry of a run, and the event to show once it is durable.</summary>
sealed record RunEnding(EndEntry Entry, RunEvent Last)
{
    /// <summary>The end of a run at work.</summary>
    public static RunEnding Make(ActiveRun run, RunStatus status, JsonElement? output, RunError? error, DateTimeOffset at)
    {
        var writes = run.TakeUnsavedWith(RunEventTypes.RunFinished, (status, output, error, run.Tokens), Write);
        return new(new EndEntry
        {
            RunId = run.Scope.RunId,
            Status = status,
            At = at,
            Error = error,
            ResultPreview = output is { } value ? RunOutput.Preview(value) : null,
            Tokens = run.Tokens,
            ParentRunId = run.Scope.ParentRunId,
            HadQuestions = run.HasAsked,
            Events = writes.Chunk,
            Messages = writes.Messages,
            Questions = writes.Questions,
        }, writes.Last);
    }

    /// <summary>The end of a run that nobody works on.</summary>
    /// <param name="onlyIfIdle">See <see cref="EndEntry.OnlyIfIdle"/>.</param>
    public static RunEnding Make(RunEventLog log, Run run, RunStatus status, RunError error, DateTimeOffset at, bool onlyIfIdle = false)
    {
        var (chunk, last) = log.TakePendingWith(RunEventTypes.RunFinished, (status, output: (JsonElement?)null, (RunError?)error, default(TokenUsage)), Write);
        return new(new EndEntry { RunId = run.Id, Status = status, At = at, Error = error, ParentRunId = run.ParentRunId, Events = chunk, OnlyIfIdle = onlyIfIdle, HadQuestions = true }, last);
    }

    static void Write(Utf8JsonWriter json, (RunStatus Status, JsonElement? Output, RunError? Error, TokenUsage Tokens) end)
    {
        json.WriteString("status"u8, RunNames.Of(end.Status));
        if (end.Output is { } output)
            json.WriteRaw("output"u8, output);
        else
            json.WriteNull("output"u8);
        if (end.Error is { } error)
        {
            json.WriteStartObject("error"u8);
            json.WriteString("code"u8, error.Code);
            json.WriteString("message"u8, error.Message);
            json.WriteString("node_id"u8, error.NodeId);
            if (error.Remedy.Length > 0)
                json.WriteString("remedy"u8, error.Remedy);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("error"u8);
        }
        if (end.Tokens == default)
            return;
        json.WriteStartObject("tokens"u8);
        json.WriteNumber("input"u8, end.Tokens.Input);
        json.WriteNumber("output"u8, end.Tokens.Output);
        json.WriteEndObject();
    }
}
