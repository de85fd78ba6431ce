using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Threads;

namespace FlowStudio.Web.Api.LangGraph;

/// <summary>What the events of a stream carry.</summary>
static class GraphData
{
    public static JsonElement Metadata(ThreadRun run) => Write(json =>
    {
        json.WriteString("run_id"u8, run.Id);
        json.WriteString("thread_id"u8, run.ThreadId);
        json.WriteNumber("attempt"u8, 1);
    });

    /// <summary>That a run has ended, where its thread's stream goes on.</summary>
    public static JsonElement Done(ThreadRun run, ThreadRunStatus? status) => Write(json =>
    {
        json.WriteString("status"u8, "run_done");
        json.WriteString("run_id"u8, run.Id);
        if (status is { } end)
            json.WriteString("run_status"u8, ThreadNames.Of(end));
    });

    /// <summary>Which node a message is from.</summary>
    public static JsonElement NodeMetadata(ThreadRun run, RunEventView e) => Write(json =>
    {
        json.WriteString("langgraph_node"u8, e.NodeId);
        json.WriteString("run_id"u8, run.Id);
        json.WriteString("thread_id"u8, run.ThreadId);
        json.WriteString("assistant_id"u8, run.AssistantId);
        json.WriteNumber("run_attempt"u8, e.Attempt);
        json.WriteStartArray("tags"u8);
        json.WriteEndArray();
    });

    public static JsonElement Error(string error, string message) => Write(json =>
    {
        json.WriteString("error"u8, error);
        json.WriteString("message"u8, message);
    });

    public static JsonElement MessageMetadata(string id, JsonElement metadata) => Write(json =>
    {
        json.WriteStartObject(id);
        Put(json, "metadata", metadata);
        json.WriteEndObject();
    });

    public static JsonElement Pair(JsonElement first, JsonElement second) => List([first, second]);

    public static JsonElement List(IReadOnlyList<JsonElement> items) => JsonText.Element(items, static (json, all) =>
    {
        json.WriteStartArray();
        foreach (var item in all)
            item.WriteTo(json);
        json.WriteEndArray();
    });

    public static JsonElement Member(string name, JsonElement value) => Write(json => Put(json, name, value));

    public static JsonElement Checkpoint(JsonElement values, string source, int step, IReadOnlyList<string> next) => Write(json =>
    {
        Put(json, "values", values);
        json.WriteStartObject("metadata"u8);
        json.WriteString("source"u8, source);
        json.WriteNumber("step"u8, step);
        json.WriteEndObject();
        json.WriteStartArray("next"u8);
        foreach (var name in next)
            json.WriteStringValue(name);
        json.WriteEndArray();
    });

    public static JsonElement Debug(int step, string type, DateTimeOffset at, JsonElement payload) => Write(json =>
    {
        json.WriteNumber("step"u8, step);
        json.WriteString("type"u8, type);
        json.WriteString("timestamp"u8, at.UtcDateTime);
        Put(json, "payload", payload);
    });

    public static JsonElement TaskBegun(string id, string name) => Write(json =>
    {
        json.WriteString("id"u8, id);
        json.WriteString("name"u8, name);
        json.WriteNull("input"u8);
        json.WriteStartArray("triggers"u8);
        json.WriteEndArray();
    });

    public static JsonElement TaskEnded(string id, string name, JsonElement result, string? error) => Write(json =>
    {
        json.WriteString("id"u8, id);
        json.WriteString("name"u8, name);
        if (error is null)
            Put(json, "result", result);
        json.WriteString("error"u8, error);
        json.WriteStartArray("interrupts"u8);
        json.WriteEndArray();
    });

    public static JsonElement Log(RunEventView e) => Write(json =>
    {
        json.WriteString("node"u8, e.NodeId);
        json.WriteString("level"u8, e.Text("level"));
        json.WriteString("text"u8, e.Text("text"));
    });

    /// <summary>An event in LangChain's form (version 2).</summary>
    public static JsonElement Chain(ThreadRun run, RunEventView e, string name, string runnable, (string Name, JsonElement Value) data) => Write(json =>
    {
        json.WriteString("event"u8, name);
        json.WriteString("name"u8, runnable);
        json.WriteString("run_id"u8, run.Id);
        json.WriteStartObject("data"u8);
        Put(json, data.Name, data.Value);
        json.WriteEndObject();
        json.WriteStartArray("tags"u8);
        json.WriteEndArray();
        Put(json, "metadata", NodeMetadata(run, e));
        json.WriteStartArray("parent_ids"u8);
        json.WriteEndArray();
    });

    static void Put(Utf8JsonWriter json, string name, JsonElement value)
    {
        json.WritePropertyName(name);
        value.WriteTo(json);
    }

    static JsonElement Write(Action<Utf8JsonWriter> members) => JsonText.Element(members, static (json, write) =>
    {
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
    });
}
