using System.Globalization;
using System.Text.Json;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Components;

/// <summary>The message object of a chat: what Chat Input and Chat Output pass on, keep in the thread, and what API Request posts.</summary>
static class ChatMessage
{
    /// <summary>Whether a value is a message object; any other object is Data, even when it has a <c>text</c>.</summary>
    public static bool IsMessage(JsonElement value) =>
        value.ValueKind is JsonValueKind.Object
        && value.TryGetProperty("text"u8, out var text) && text.ValueKind is JsonValueKind.String
        && value.TryGetProperty("sender"u8, out var sender) && sender.ValueKind is JsonValueKind.String;

    /// <summary>A new message, said now by a node.</summary>
    public static ThreadMessage New(NodeContext node, string sender, string senderName, string text, TimeProvider time)
    {
        var at = time.GetUtcNow();
        var id = Ids.New(time, at);
        var json = JsonText.Element((node, sender, senderName, text, at, id),
            static (writer, m) => Write(writer, m.node, m.sender, m.senderName, m.text, m.at, m.id));
        return new ThreadMessage(id, node.Run.RunId, node.Node.Id, sender, senderName, text, json, at);
    }

    // The keys and their order are those of Langflow's messages, whose readers this object meets.
    static void Write(Utf8JsonWriter writer, NodeContext node, string sender, string senderName, string text, DateTimeOffset at, Guid id)
    {
        writer.WriteStartObject();
        writer.WriteString("timestamp"u8, at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture));
        writer.WriteString("sender"u8, sender);
        writer.WriteString("sender_name"u8, senderName);
        writer.WriteString("session_id"u8, node.Run.SessionId);
        writer.WriteString("text"u8, text);
        writer.WriteStartArray("files"u8);
        writer.WriteEndArray();
        writer.WriteBoolean("error"u8, value: false);
        writer.WriteBoolean("edit"u8, value: false);
        writer.WriteStartObject("properties"u8);
        writer.WriteNull("text_color"u8);
        writer.WriteNull("background_color"u8);
        writer.WriteBoolean("edited"u8, value: false);
        writer.WriteStartObject("source"u8);
        writer.WriteString("id"u8, node.Node.Id);
        writer.WriteString("display_name"u8, node.Node.Label);
        writer.WriteString("source"u8, node.Node.Type);
        writer.WriteEndObject();
        writer.WriteNull("icon"u8);
        writer.WriteBoolean("allow_markdown"u8, value: true);
        writer.WriteNull("positive_feedback"u8);
        writer.WriteString("state"u8, "complete"u8);
        writer.WriteStartArray("targets"u8);
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteString("category"u8, "message"u8);
        writer.WriteStartArray("content_blocks"u8);
        writer.WriteEndArray();
        writer.WriteString("id"u8, id);
        writer.WriteString("flow_id"u8, node.Run.FlowId);
        writer.WriteEndObject();
    }
}
