using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Threads;

namespace FlowStudio.Web.Api.LangGraph;

/// <summary>The engine's threads and runs as this dialect shows them.</summary>
static class GraphViews
{
    static readonly JsonElement EmptyList = JsonText.Parse("[]"u8);
    static readonly JsonElement NoConfig = JsonText.EmptyObject;

    public static ThreadView Of(StateThread thread) => new(thread.Id, thread.CreatedAt, thread.UpdatedAt, thread.StateAt, thread.Metadata, ThreadNames.Of(thread.Status), NoConfig,
        thread.Values, Interrupts(thread), thread.Error);

    public static TtlView? Ttl(StateThread thread) => thread.Ttl is not { } ttl ? null
        : new(ttl.KeepLatest ? "keep_latest" : "delete", ttl.Minutes, ttl.Minutes, thread.UpdatedAt + TimeSpan.FromMinutes(ttl.Minutes));

    public static CheckpointView At(Guid threadId, Guid checkpointId) => new(threadId, "", checkpointId, CheckpointMap: null);

    /// <summary>The state before anything happened.</summary>
    public static StateView Empty { get; } = new(JsonText.EmptyObject, [], [], null, null, JsonText.EmptyObject, null, EmptyList);

    public static StateView Of(Checkpoint checkpoint) => new(
        checkpoint.Values,
        checkpoint.Next,
        [.. checkpoint.Next.Select((name, i) => new TaskView(TaskId(checkpoint.Id, i), name, i == 0 ? checkpoint.Error : null, Interrupts(checkpoint.Interrupts.Where(w => w.Node == name)), null, null))],
        At(checkpoint.ThreadId, checkpoint.Id),
        checkpoint.ParentId is { } parent ? At(checkpoint.ThreadId, parent) : null,
        Metadata(checkpoint),
        checkpoint.CreatedAt,
        Interrupts(checkpoint.Interrupts));

    /// <summary>What a run stopped for: <c>[{"id","value"}]</c>.</summary>
    public static JsonElement Interrupts(IEnumerable<ThreadInterrupt> interrupts) => JsonText.Element(interrupts, static (json, all) =>
    {
        json.WriteStartArray();
        foreach (var one in all)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, one.Id);
            json.WritePropertyName("value"u8);
            one.Value.WriteTo(json);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    /// <summary>The same by the tasks that a reader of the state finds them at.</summary>
    static JsonElement Interrupts(StateThread thread) => JsonText.Element(thread, static (json, t) =>
    {
        json.WriteStartObject();
        if (t.HeadId is { } head)
        {
            foreach (var (i, task) in t.Interrupts.GroupBy(static w => w.Node).Index())
            {
                json.WritePropertyName(TaskId(head, i));
                Interrupts(task).WriteTo(json);
            }
        }
        json.WriteEndObject();
    });

    /// <summary>A state with what its run stopped for.</summary>
    public static JsonElement Stopped(JsonElement values, IReadOnlyList<ThreadInterrupt> interrupts) =>
        JsonContains.Merge(values, GraphData.Member("__interrupt__", Interrupts(interrupts)));

    static string TaskId(Guid checkpointId, int index) => $"{checkpointId}:{index}";

    public static GraphRunView Of(ThreadRun run) => new(run.Id, run.ThreadId, run.AssistantId, run.StartAt, run.UpdatedAt, ThreadNames.Of(run.Status), run.Metadata, Kwargs(run),
        ThreadNames.Of(run.Strategy));

    /// <summary>The error of a run as streams and waiters get it; null when it has none.</summary>
    public static JsonElement? Error(ThreadRun run) => run.Error is not { } error ? null : JsonText.Element((error, run.Status), static (json, e) =>
    {
        json.WriteStartObject();
        json.WriteString("error"u8, e.Status is ThreadRunStatus.Timeout ? "TimeoutError" : e.error.Code);
        json.WriteString("message"u8, e.error.Message);
        json.WriteEndObject();
    });

    /// <summary>What who waited for a run gets: the thread's values, or why there are none.</summary>
    public static JsonElement Result(EndedRun? end)
    {
        if (end is null)
            return JsonText.Parse("""{"__error__":{"error":"run_deleted","message":"The run was deleted before it ended."}}"""u8);
        if (Error(end.Run) is not { } error)
            return end.Run.Interrupts.Count > 0 ? Stopped(end.Values, end.Run.Interrupts) : end.Values;
        return JsonText.Element(error, static (json, e) =>
        {
            json.WriteStartObject();
            json.WritePropertyName("__error__"u8);
            e.WriteTo(json);
            json.WriteEndObject();
        });
    }

    /// <summary>How the run was asked for, with its input: that is kept apart, once.</summary>
    static JsonElement Kwargs(ThreadRun run) => JsonText.Element(run, static (json, r) =>
    {
        json.WriteStartObject();
        json.WritePropertyName("input"u8);
        r.Input.WriteTo(json);
        foreach (var member in r.Request.EnumerateObject())
            member.WriteTo(json);
        json.WriteEndObject();
    });

    static JsonElement Metadata(Checkpoint checkpoint) => JsonText.Element(checkpoint, static (json, c) =>
    {
        json.WriteStartObject();
        json.WriteString("source"u8, c.Source);
        json.WriteNumber("step"u8, c.Step);
        if (c.RunId is { } run)
            json.WriteString("run_id"u8, run);
        json.WriteString("thread_id"u8, c.ThreadId);
        if (c.Node is not null)
            json.WriteString("langgraph_node"u8, c.Node);
        json.WriteEndObject();
    });
}
