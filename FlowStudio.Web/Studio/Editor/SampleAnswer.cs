using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowStudio.Engine;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>An answer that fits what a flow asks; pure.</summary>
public static class SampleAnswer
{
    /// <summary>What an approval takes.</summary>
    public const string Yes = """{"approved": true}""";

    static readonly JsonSerializerOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>JSON on one line for the flow's first question; null when it asks nobody.</summary>
    public static string? Of(FlowDocument document) =>
        document.Nodes.FirstOrDefault(static n => n is { Type: "AskPerson", Disabled: false }) is not { } node ? null : Text(node, "kind") switch
        {
            "approval" => Yes,
            "choice" => Quoted(Text(node, "choices").Split('\n').Select(c => c.Trim()).FirstOrDefault(c => c.Length > 0) ?? "…"),
            "form" => SampleBody.Spaced(Form(node).ToJsonString(OneLine)),
            _ => Quoted("Yes, go on."),
        };

    static JsonObject Form(Node node)
    {
        var answer = new JsonObject();
        foreach (var field in node.Settings.TryGetValue("fields", out var fields) && fields.ValueKind is JsonValueKind.Array ? fields.EnumerateArray().ToArray() : [])
        {
            if (field.ValueKind is not JsonValueKind.Object || !field.TryGetProperty("name", out var name) || name.ValueKind is not JsonValueKind.String)
                continue;
            answer[name.GetString() ?? ""] = (field.TryGetProperty("kind", out var kind) ? JsonText.Of(kind) : "") switch
            {
                "number" => JsonValue.Create(3),
                "boolean" => JsonValue.Create(value: true),
                "choice" => JsonValue.Create(field.TryGetProperty("choices", out var choices) && choices.ValueKind is JsonValueKind.Array ? choices.EnumerateArray().Select(JsonText.Of).FirstOrDefault() : ""),
                _ => JsonValue.Create("…"),
            };
        }
        return answer;
    }

    static string Text(Node node, string setting) => node.Settings.TryGetValue(setting, out var value) ? JsonText.Of(value) : "";

    static string Quoted(string text) => JsonSerializer.Serialize(text, OneLine);
}
