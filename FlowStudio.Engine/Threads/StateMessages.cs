using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace FlowStudio.Engine.Threads;

/// <summary>
/// Messages as a thread's state has them: <c>{"type":"human|ai|system|tool","content","id",…}</c>. What comes in may name the role otherwise
/// (<c>role: "user"</c>), be a bare text, or be a LangChain object in its serialised form.
/// </summary>
public static class StateMessages
{
    /// <summary>Removes the message with its id, or all of them.</summary>
    const string Remove = "remove";
    const string RemoveAll = "__remove_all__";

    /// <summary>What is wrong with messages that are to be added; null when they can be.</summary>
    public static string? Problem(JsonElement messages)
    {
        if (messages.ValueKind is not JsonValueKind.Array)
            return TryRead(messages, out _, out var problem) ? null : $"'messages': {problem}";
        var index = 0;
        foreach (var message in messages.EnumerateArray())
        {
            if (!TryRead(message, out _, out var problem))
                return $"'messages[{index}]': {problem}";
            index++;
        }
        return null;
    }

    /// <summary>
    /// Adds messages to a state's: one with a known id takes its place, one of type <c>remove</c> takes the other away, and one without id gets one. What is
    /// no message is left out.
    /// </summary>
    public static void Add(List<JsonElement> state, JsonElement messages, Func<Guid> newId)
    {
        var all = messages.ValueKind is JsonValueKind.Array ? [.. messages.EnumerateArray()] : new List<JsonElement> { messages };
        foreach (var given in all)
        {
            if (!TryRead(given, out var message, out _))
                continue;
            var id = IdOf(message);
            if (TypeOf(message) == Remove)
            {
                if (id == RemoveAll)
                    state.Clear();
                else
                    state.RemoveAll(m => IdOf(m) == id);
                continue;
            }
            if (id is null)
            {
                state.Add(WithId(message, newId().ToString()));
                continue;
            }
            var known = state.FindIndex(m => IdOf(m) == id);
            if (known < 0)
                state.Add(message);
            else
                state[known] = message;
        }
    }

    /// <summary>The text of the last message a human wrote; null when there is none.</summary>
    public static string? LastHuman(JsonElement messages)
    {
        var all = messages.ValueKind is JsonValueKind.Array ? [.. messages.EnumerateArray()] : new List<JsonElement> { messages };
        for (var i = all.Count - 1; i >= 0; i--)
        {
            if (TryRead(all[i], out var message, out _) && TypeOf(message) == "human")
                return Text(message.GetProperty("content"));
        }
        return null;
    }

    /// <summary>A message in the state's form.</summary>
    /// <param name="type"><c>human</c>, <c>ai</c>, or <c>AIMessageChunk</c> for a piece of one.</param>
    public static JsonElement New(string type, string content, string id, string? name = null) => JsonText.Element((type, content, id, name), static (json, m) =>
    {
        json.WriteStartObject();
        json.WriteString("type"u8, m.type);
        json.WriteString("content"u8, m.content);
        json.WriteString("id"u8, m.id);
        if (m.name is not null)
            json.WriteString("name"u8, m.name);
        WriteEmpty(json, m.type);
        json.WriteEndObject();
    });

    public static string? IdOf(JsonElement message) =>
        message.TryGetProperty("id", out var id) && id.ValueKind is JsonValueKind.String && id.GetString() is { Length: > 0 } text ? text : null;

    static string TypeOf(JsonElement message) => message.TryGetProperty("type", out var type) ? type.GetString() ?? "" : "";

    /// <summary>Parts count by their texts.</summary>
    static string Text(JsonElement content) => content.ValueKind is JsonValueKind.Array
        ? string.Concat(content.EnumerateArray().Select(p => p.ValueKind is JsonValueKind.String ? p.GetString()
            : p.ValueKind is JsonValueKind.Object && p.TryGetProperty("text", out var text) && text.ValueKind is JsonValueKind.String ? text.GetString() : ""))
        : JsonText.Of(content);

    static bool TryRead(JsonElement given, out JsonElement message, [NotNullWhen(false)] out string? problem)
    {
        problem = null;
        message = default;
        switch (given.ValueKind)
        {
            case JsonValueKind.String:
                message = Make("human", given, given: null);
                return true;
            case JsonValueKind.Array when given.GetArrayLength() == 2 && given[0].ValueKind is JsonValueKind.String:
                return TryMake(given[0].GetString() ?? "", given[1], given: null, out message, out problem);
            case JsonValueKind.Object when Text(given, "type") == "constructor" && given.TryGetProperty("kwargs", out var inner) && inner.ValueKind is JsonValueKind.Object:
                var names = given.TryGetProperty("id", out var path) && path.ValueKind is JsonValueKind.Array && path.GetArrayLength() > 0 ? path[path.GetArrayLength() - 1] : default;
                return TryMake(ClassRole(names), Content(inner), inner, out message, out problem);
            case JsonValueKind.Object:
                return TryMake(Text(given, "type") ?? Text(given, "role") ?? "", Content(given), given, out message, out problem);
            default:
                problem = "a message is an object with role (or type) and content.";
                return false;
        }
    }

    static bool TryMake(string role, JsonElement? content, JsonElement? given, out JsonElement message, [NotNullWhen(false)] out string? problem)
    {
        message = default;
        problem = null;
        var type = role switch
        {
            "human" or "user" or "HumanMessageChunk" => "human",
            "ai" or "assistant" or "AIMessageChunk" => "ai",
            "system" or "developer" => "system",
            "tool" or "function" or Remove => role,
            _ => null,
        };
        if (type is null)
            problem = "its role (or type) must be human, user, ai, assistant, system or tool.";
        else if (type == Remove && (given is not { } removed || IdOf(removed) is null))
            problem = "one of type remove needs the id of what it removes.";
        else if (type != Remove && content is not { ValueKind: JsonValueKind.String or JsonValueKind.Array })
            problem = "its content must be a text or a list of parts.";
        if (problem is not null)
            return false;
        message = Make(type ?? "", content is { ValueKind: not JsonValueKind.Null } value ? value : JsonText.EmptyText, given);
        return true;
    }

    static JsonElement Make(string type, JsonElement content, JsonElement? given) => JsonText.Element((type, content, given), static (json, m) =>
    {
        json.WriteStartObject();
        json.WriteString("type"u8, m.type);
        json.WritePropertyName("content"u8);
        m.content.WriteTo(json);
        if (m.given is { } given)
        {
            foreach (var member in given.EnumerateObject().Where(p => p.Name is not ("type" or "role" or "content" or "lc")))
                member.WriteTo(json);
        }
        WriteEmpty(json, m.type, m.given);
        json.WriteEndObject();
    });

    /// <summary>What LangChain's readers expect of a message, where it does not say itself.</summary>
    static void WriteEmpty(Utf8JsonWriter json, string type, JsonElement? given = null)
    {
        Missing(json, given, "additional_kwargs", array: false);
        Missing(json, given, "response_metadata", array: false);
        if (type is not ("ai" or "AIMessageChunk"))
            return;
        Missing(json, given, "tool_calls", array: true);
        Missing(json, given, "invalid_tool_calls", array: true);
    }

    static void Missing(Utf8JsonWriter json, JsonElement? given, string name, bool array)
    {
        if (given is { } there && there.TryGetProperty(name, out _))
            return;
        json.WritePropertyName(name);
        if (array)
            json.WriteStartArray();
        else
            json.WriteStartObject();
        if (array)
            json.WriteEndArray();
        else
            json.WriteEndObject();
    }

    static JsonElement WithId(JsonElement message, string id) => JsonText.Element((message, id), static (json, m) =>
    {
        json.WriteStartObject();
        foreach (var member in m.message.EnumerateObject().Where(p => p.Name != "id"))
            member.WriteTo(json);
        json.WriteString("id"u8, m.id);
        json.WriteEndObject();
    });

    static JsonElement? Content(JsonElement message) => message.TryGetProperty("content", out var content) ? content : null;

    static string? Text(JsonElement owner, string name) => owner.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    static string ClassRole(JsonElement name) => name.ValueKind is not JsonValueKind.String ? "" : name.GetString() switch
    {
        "HumanMessage" or "HumanMessageChunk" => "human",
        "AIMessage" or "AIMessageChunk" => "ai",
        "SystemMessage" => "system",
        "ToolMessage" => "tool",
        _ => "",
    };
}
