using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowStudio.Engine;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Api.Langflow.Files;

namespace FlowStudio.Web.Api.Langflow;

/// <summary>A run's outputs as Langflow wraps them.</summary>
static class RunEnvelope
{
    /// <summary><c>{"session_id","outputs":[{"inputs","outputs":[…]}]}</c></summary>
    public static JsonObject Of(RunDetails details, StartedRun started, RunWish wish) => new()
    {
        ["session_id"] = started.Session,
        ["outputs"] = new JsonArray(new JsonObject
        {
            ["inputs"] = new JsonObject { ["input_value"] = wish.Input ?? "" },
            ["outputs"] = new JsonArray([.. InOrder(Wanted(details, wish), started.Document).Select(s => (JsonNode?)OutputOf(s, started.Session))]),
        }),
    };

    /// <summary>The steps whose outputs are wanted: outside of loops, each node's last attempt.</summary>
    public static IEnumerable<Step> Wanted(RunDetails details, RunWish wish) =>
        details.Steps.Where(s => s.Iteration.Count == 0 && s.Status is StepStatus.Succeeded && s.Output.Count > 0 && wish.Wants(s));

    /// <summary>In the order of the flow, not of luck.</summary>
    static IEnumerable<Step> InOrder(IEnumerable<Step> steps, FlowDocument document)
    {
        var places = document.Nodes.Select((n, i) => (n.Id, i)).DistinctBy(p => p.Id, StringComparer.Ordinal).ToDictionary(p => p.Id, p => p.i, StringComparer.Ordinal);
        return steps.OrderBy(s => places.GetValueOrDefault(s.NodeId, int.MaxValue));
    }

    /// <summary>A message with all that Langflow's clients read of it.</summary>
    public static JsonObject MessageOf(JsonElement message)
    {
        var result = new JsonObject { ["text_key"] = "text", ["data"] = Copy(message), ["default_value"] = "" };
        foreach (var member in message.EnumerateObject())
            result[member.Name] = Copy(member.Value);
        result["timestamp"] = Iso(LangflowNode.Text(message, "timestamp"));
        return result;
    }

    public static bool IsMessage(JsonElement value) => LangflowNode.Text(value, "text") is not null && LangflowNode.Text(value, "sender") is not null;

    /// <summary>"2026-04-24 17:20:18 UTC" as an ISO time.</summary>
    public static string Iso(string? timestamp) =>
        DateTimeOffset.TryParseExact(timestamp, "yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'+00:00'", CultureInfo.InvariantCulture) : timestamp ?? "";

    static JsonObject OutputOf(Step step, string session)
    {
        var (results, outputs, logs, messages) = (new JsonObject(), new JsonObject(), new JsonObject(), new JsonArray());
        var artifacts = new JsonObject();
        foreach (var (port, value) in step.Output)
        {
            logs[port] = new JsonArray();
            var text = JsonText.OfMessage(value);
            if (!IsMessage(value))
            {
                var kind = value.ValueKind is JsonValueKind.String ? "text" : value.ValueKind is JsonValueKind.Array ? "array" : "object";
                results[port] = Copy(value);
                outputs[port] = new JsonObject { ["message"] = Copy(value), ["type"] = kind };
                artifacts[port] = new JsonObject { ["repr"] = text, ["raw"] = Copy(value), ["type"] = kind };
                continue;
            }
            results[port] = MessageOf(value);
            outputs[port] = new JsonObject { ["message"] = text, ["type"] = "text" };
            artifacts["message"] = text;
            foreach (var name in (string[])["sender", "sender_name", "files"])
                artifacts[name] = Copy(LangflowNode.Member(value, name));
            artifacts["type"] = "object";
            messages.Add((JsonNode)new JsonObject
            {
                ["message"] = text,
                ["sender"] = LangflowNode.Text(value, "sender"),
                ["sender_name"] = LangflowNode.Text(value, "sender_name"),
                ["session_id"] = session,
                ["stream_url"] = null,
                ["component_id"] = step.NodeId,
                ["files"] = Copy(LangflowNode.Member(value, "files")),
                ["type"] = "message",
            });
        }
        return new JsonObject
        {
            ["results"] = results,
            ["artifacts"] = artifacts,
            ["outputs"] = outputs,
            ["logs"] = logs,
            ["messages"] = messages,
            ["timedelta"] = null,
            ["duration"] = null,
            ["component_display_name"] = step.Title.Length > 0 ? step.Title : step.Type,
            ["component_id"] = step.NodeId,
            ["used_frozen_result"] = false,
        };
    }

    static JsonNode? Copy(JsonElement value) => value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null ? null : JsonNode.Parse(value.GetRawText());
}
