using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Web.Api.DocsGpt;

/// <summary>
/// What a task that succeeded gives: the answer, the pages that were read and found for it, the tools that its agents called, and what they said meanwhile.
/// Members as in DocsGPT's <c>run_agent_headless</c> and tool executor.
/// </summary>
static class AgentResult
{
    /// <summary>Characters of a source's text or a call's result: whoever wants more finds it in the run.</summary>
    const int MaxText = 2_000;

    const int MaxSources = 100;

    public static void Write(Utf8JsonWriter json, RunDetails run)
    {
        var trace = AgentTrace.Of(run.Steps);
        json.WriteStartObject("result"u8);
        json.WriteString("status"u8, "success"u8);
        json.WriteStartObject("result"u8);
        json.WriteString("answer"u8, run.Output is { } output ? JsonText.OfMessage(output) : "");
        WriteSources(json, run.Steps);
        json.WriteStartArray("tool_calls"u8);
        foreach (var call in trace.Calls)
            WriteCall(json, call);
        json.WriteEndArray();
        json.WriteString("thought"u8, trace.Thought);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    static void WriteSources(Utf8JsonWriter json, IReadOnlyList<Step> steps)
    {
        var pages = steps.Where(s => s.Type == UrlPages.Descriptor.Type || s.Type == WebSearch.Descriptor.Type)
            .SelectMany(s => s.Output).Select(o => o.Value).Where(v => v.ValueKind is JsonValueKind.Array).SelectMany(v => v.EnumerateArray())
            .Where(row => row.ValueKind is JsonValueKind.Object && Text(row, "url").Length > 0).DistinctBy(row => Text(row, "url")).Take(MaxSources);
        json.WriteStartArray("sources"u8);
        foreach (var page in pages)
        {
            var url = Text(page, "url");
            json.WriteStartObject();
            json.WriteString("title"u8, Text(page, "title") is { Length: > 0 } title ? title : url);
            json.WriteString("text"u8, Cut(Text(page, "text") is { Length: > 0 } text ? text : Text(page, "content")));
            json.WriteString("source"u8, url);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    static void WriteCall(Utf8JsonWriter json, AgentCall call)
    {
        json.WriteStartObject();
        json.WriteString("tool_name"u8, call.Step?.Title ?? "unknown");
        json.WriteString("call_id"u8, call.Id);
        json.WriteString("action_name"u8, call.Name);
        json.WritePropertyName("arguments"u8);
        if (JsonCheck.TryParse(Encoding.UTF8.GetBytes(call.Arguments), out var arguments, out _))
            arguments.WriteTo(json);
        else
            json.WriteStringValue(call.Arguments);
        json.WriteString("result"u8, Cut(call.Result));
        json.WriteString("status"u8, call.Succeeded ? "completed"u8 : "error"u8);
        json.WriteEndObject();
    }

    /// <summary>Never half a character.</summary>
    static string Cut(string text) => text.Length <= MaxText ? text : text[..(char.IsHighSurrogate(text[MaxText - 1]) ? MaxText - 1 : MaxText)] + "…";

    static string Text(JsonElement owner, string name) => owner.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() ?? "" : "";
}
