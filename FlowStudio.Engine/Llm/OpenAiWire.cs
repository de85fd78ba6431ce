using System.Buffers;
using System.Text.Json;

namespace FlowStudio.Engine.Llm;

/// <summary>Bodies of chat completions as they are sent; see <see cref="OpenAiAnswers"/> for what comes back.</summary>
static class OpenAiWire
{
    /// <summary>The request's body.</summary>
    /// <param name="ownService">OpenAI's own models want <c>max_completion_tokens</c>; many compatible services know <c>max_tokens</c> only.</param>
    public static ReadOnlyMemory<byte> Write(LlmRequest request, bool stream, bool ownService)
    {
        var buffer = new ArrayBufferWriter<byte>(request.System.Length + request.Chat.Sum(m => m.Text.Length) + 256);
        using var writer = new Utf8JsonWriter(buffer, JsonText.Relaxed);
        writer.WriteStartObject();
        writer.WriteString("model"u8, request.Model);
        writer.WriteStartArray("messages"u8);
        if (request.System.Length > 0)
            Message(writer, "system"u8, request.System);
        foreach (var message in request.Chat)
            Message(writer, message);
        writer.WriteEndArray();
        Tools(writer, request.Tools);
        if (request.Temperature is { } temperature)
            writer.WriteNumber("temperature"u8, temperature);
        if (request.MaxTokens is { } maxTokens)
            writer.WriteNumber(ownService ? "max_completion_tokens"u8 : "max_tokens"u8, maxTokens);
        if (request.Seed is { } seed)
            writer.WriteNumber("seed"u8, seed);
        if (request.Json || request.Schema is not null)
            Format(writer, ownService ? request.Schema : null);
        if (stream)
        {
            writer.WriteBoolean("stream"u8, value: true);
            writer.WriteStartObject("stream_options"u8);
            writer.WriteBoolean("include_usage"u8, value: true);
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    static void Message(Utf8JsonWriter writer, LlmMessage message)
    {
        if (message.Role is not LlmRole.Tool && message.ToolCalls.Count == 0)
        {
            Message(writer, message.Role is LlmRole.Assistant ? "assistant"u8 : "user"u8, message.Text);
            return;
        }
        writer.WriteStartObject();
        writer.WriteString("role"u8, message.Role is LlmRole.Tool ? "tool"u8 : "assistant"u8);
        if (message.Role is LlmRole.Tool)
            writer.WriteString("tool_call_id"u8, message.ToolCallId);
        if (message.Text.Length > 0 || message.Role is LlmRole.Tool)
            writer.WriteString("content"u8, message.Text);
        else
            writer.WriteNull("content"u8);
        if (message.ToolCalls.Count > 0)
        {
            writer.WriteStartArray("tool_calls"u8);
            foreach (var call in message.ToolCalls)
            {
                writer.WriteStartObject();
                writer.WriteString("id"u8, call.Id);
                writer.WriteString("type"u8, "function"u8);
                writer.WriteStartObject("function"u8);
                writer.WriteString("name"u8, call.Name);
                writer.WriteString("arguments"u8, call.Arguments);
                writer.WriteEndObject();
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    }

    static void Message(Utf8JsonWriter writer, ReadOnlySpan<byte> role, string content)
    {
        writer.WriteStartObject();
        writer.WriteString("role"u8, role);
        writer.WriteString("content"u8, content);
        writer.WriteEndObject();
    }

    static void Tools(Utf8JsonWriter writer, IReadOnlyList<LlmTool> tools)
    {
        if (tools.Count == 0)
            return;
        writer.WriteStartArray("tools"u8);
        foreach (var tool in tools)
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "function"u8);
            writer.WriteStartObject("function"u8);
            writer.WriteString("name"u8, tool.Name);
            writer.WriteString("description"u8, tool.Description);
            writer.WritePropertyName("parameters"u8);
            tool.Parameters.WriteTo(writer);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    /// <summary>A JSON object, or what a schema says: that form OpenAI knows, and many compatible services refuse.</summary>
    static void Format(Utf8JsonWriter writer, JsonElement? schema)
    {
        writer.WriteStartObject("response_format"u8);
        writer.WriteString("type"u8, schema is null ? "json_object"u8 : "json_schema"u8);
        if (schema is { } wanted)
        {
            writer.WriteStartObject("json_schema"u8);
            writer.WriteString("name"u8, "answer"u8);
            writer.WritePropertyName("schema"u8);
            wanted.WriteTo(writer);
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
    }
}
