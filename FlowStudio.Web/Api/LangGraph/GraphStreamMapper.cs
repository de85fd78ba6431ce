using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Threads;

namespace FlowStudio.Web.Api.LangGraph;

/// <summary>
/// A native run's events as this dialect's, by the modes that were asked for. The same events give the same ids always, so a client can go on anywhere.
/// </summary>
sealed class GraphStreamMapper
{
    readonly ThreadRun run;
    readonly StateFold fold;
    readonly HashSet<string> modes;
    readonly HashSet<string> told = new(StringComparer.Ordinal);
    readonly RunSegment segment;
    int step;

    public GraphStreamMapper(ThreadRun run, StateFold fold, IReadOnlyList<string> modes)
    {
        this.run = run;
        this.fold = fold;
        this.modes = [.. modes];
        segment = new(run);
    }

    /// <summary>The run has come to where it stops for answers; what follows is another run's.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>The last event that was taken.</summary>
    public GraphEventId Last { get; private set; } = new(0, 1);

    /// <summary>The last whole state that was shown.</summary>
    public JsonElement? Shown { get; private set; }

    /// <summary>A run that goes on begins where the one before it stopped.</summary>
    public void GoOn(GraphEventWriter writer, DateTimeOffset at)
    {
        var part = 0;
        Last = new(run.FromSeq, 0);
        Begin((name, data) => writer.Write(new(run.FromSeq, ++part), name, data), new(run.FromSeq, run.FromSeq, at, RunEventTypes.RunResumed, NodeId: null, [], 1, JsonText.EmptyObject));
    }

    public void Take(RunEventView e, GraphEventWriter writer)
    {
        var part = 0;
        void Say(string name, JsonElement data) => writer.Write(new(e.Seq, ++part), name, data);

        Last = new(e.Seq, 0);
        IsStopped = segment.Take(e) is not null;
        switch (e.Type)
        {
            case RunEventTypes.RunAccepted:
                Begin(Say, e);
                break;
            case RunEventTypes.NodeStarted when e.Attempt == 1:
                Started(Say, e);
                break;
            case RunEventTypes.Token:
                fold.Apply(e);
                Token(e, writer);
                break;
            case RunEventTypes.NodeFinished:
                Finished(Say, e);
                break;
            case RunEventTypes.NodeFailed:
                Failed(Say, e);
                break;
            case RunEventTypes.Log when modes.Contains("custom"):
                Say("custom", GraphData.Log(e));
                break;
            case RunEventTypes.RunFinished:
                fold.Apply(e);
                if (modes.Contains("events"))
                    Say("events", GraphData.Chain(run, e, "on_chain_end", "FlowStudio", ("output", fold.Values)));
                break;
        }
    }

    void Begin(Action<string, JsonElement> say, RunEventView e)
    {
        var start = fold.Values;
        if (modes.Contains("events"))
            say("events", GraphData.Chain(run, e, "on_chain_start", "FlowStudio", ("input", run.Input)));
        if (modes.Contains("checkpoints"))
            say("checkpoints", GraphData.Checkpoint(start, "input", -1, ["__start__"]));
        if (modes.Contains("debug"))
            say("debug", GraphData.Debug(-1, "checkpoint", e.At, GraphData.Checkpoint(start, "input", -1, ["__start__"])));
        if (modes.Contains("values"))
            Show(say, start);
        if (modes.Contains("messages"))
            Complete(say, fold.Values);
    }

    void Started(Action<string, JsonElement> say, RunEventView e)
    {
        var node = e.NodeId ?? "";
        if (modes.Contains("tasks"))
            say("tasks", GraphData.TaskBegun(TaskId(e), node));
        if (modes.Contains("debug"))
            say("debug", GraphData.Debug(step, "task", e.At, GraphData.TaskBegun(TaskId(e), node)));
        if (modes.Contains("events"))
            say("events", GraphData.Chain(run, e, "on_chain_start", node, ("input", JsonText.EmptyObject)));
    }

    void Token(RunEventView e, GraphEventWriter writer)
    {
        var text = e.Text("text") ?? "";
        var offset = e.Data.TryGetProperty("offset", out var at) ? at.GetInt64() : 0;
        var id = new GraphEventId(e.Seq, offset + text.Length);
        Last = id;
        var streamId = fold.StreamId(e);
        // Of several tokens that are told at once now, the client may have the first.
        var has = writer.Told(e.FromSeq, e.Seq);
        var fresh = has > offset && has - offset <= text.Length ? text[(int)(has - offset)..] : text;
        var chunk = StateMessages.New("AIMessageChunk", fresh, streamId);
        if (modes.Contains("messages-tuple"))
            writer.Write(id, "messages", GraphData.Pair(chunk, GraphData.NodeMetadata(run, e)));
        if (modes.Contains("messages"))
        {
            if (told.Add(streamId))
                writer.Write(id, "messages/metadata", GraphData.MessageMetadata(streamId, GraphData.NodeMetadata(run, e)));
            writer.Write(id, "messages/partial", GraphData.List([StateMessages.New("ai", fold.StreamedBy(e), streamId)]));
        }
        if (modes.Contains("events"))
            writer.Write(id, "events", GraphData.Chain(run, e, "on_chat_model_stream", e.NodeId ?? "", ("chunk", chunk)));
    }

    void Finished(Action<string, JsonElement> say, RunEventView e)
    {
        if (fold.Apply(e) is not { } done)
            return;
        var state = done.Changed ? fold.Values : default;
        if (modes.Contains("messages-tuple") && !done.Streamed)
        {
            foreach (var message in done.Messages)
                say("messages", GraphData.Pair(message, GraphData.NodeMetadata(run, e)));
        }
        if (modes.Contains("messages") && done.Changed)
            Complete(say, state);
        if (modes.Contains("updates"))
            say("updates", GraphData.Member(done.NodeId, done.Wrote));
        if (modes.Contains("tasks"))
            say("tasks", GraphData.TaskEnded(TaskId(e), done.NodeId, done.Wrote, error: null));
        if (modes.Contains("debug"))
            say("debug", GraphData.Debug(step, "task_result", e.At, GraphData.TaskEnded(TaskId(e), done.NodeId, done.Wrote, error: null)));
        if (modes.Contains("events"))
            say("events", GraphData.Chain(run, e, "on_chain_end", done.NodeId, ("output", done.Wrote)));
        if (modes.Contains("checkpoints"))
            say("checkpoints", GraphData.Checkpoint(fold.Values, "loop", step, []));
        if (modes.Contains("debug"))
            say("debug", GraphData.Debug(step, "checkpoint", e.At, GraphData.Checkpoint(fold.Values, "loop", step, [])));
        if (modes.Contains("values") && done.Changed)
            Show(say, state);
        step++;
    }

    void Failed(Action<string, JsonElement> say, RunEventView e)
    {
        var message = e.Data.TryGetProperty("error", out var error) && error.ValueKind is JsonValueKind.Object && error.TryGetProperty("message", out var text) ? text.GetString() : null;
        if (modes.Contains("tasks"))
            say("tasks", GraphData.TaskEnded(TaskId(e), e.NodeId ?? "", JsonText.Null, message ?? "failed"));
        if (modes.Contains("debug"))
            say("debug", GraphData.Debug(step, "task_result", e.At, GraphData.TaskEnded(TaskId(e), e.NodeId ?? "", JsonText.Null, message ?? "failed")));
    }

    void Show(Action<string, JsonElement> say, JsonElement state)
    {
        Shown = state;
        say("values", state);
    }

    /// <summary>Messages of the state that were not told as complete before.</summary>
    void Complete(Action<string, JsonElement> say, JsonElement state)
    {
        var fresh = state.GetProperty("messages").EnumerateArray().Where(m => StateMessages.IdOf(m) is { } id && told.Add("complete:" + id)).ToList();
        if (fresh.Count > 0)
            say("messages/complete", GraphData.List(fresh));
    }

    string TaskId(RunEventView e) => $"{run.Id}:{e.NodeId}{(e.Iteration.Count == 0 ? "" : "." + string.Join('.', e.Iteration))}";
}
