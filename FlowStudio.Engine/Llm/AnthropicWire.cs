using System.Buffers;
using System.Text;
using System.Text.Json;

namespace FlowStudio.Engine.Llm;

/// <summary>Bodies of Anthropic's Messages API: what is sent, and what comes back whole or in events.</summary>
static class AnthropicWire
{
    /// <summary>The protocol wants a maximum; every model in use can do this many.</summary>
    public const int DefaultMaxTokens = 8192;

    const string InJson = "Answer with one JSON value and nothing else: no introduction, no explanation, no code fence.";

    /// <summary>The request's body, by property, as the package takes it.</summary>
    public static Dictionary<string, JsonElement> Write(LlmRequest request, bool stream)
    {
        var buffer = new ArrayBufferWriter<byte>(request.System.Length + request.Chat.Sum(m => m.Text.Length) + 256);
        using (var writer = new Utf8JsonWriter(buffer, JsonText.Relaxed))
        {
            writer.WriteStartObject();
            writer.WriteString("model"u8, request.Model);
            writer.WriteNumber("max_tokens"u8, request.MaxTokens ?? DefaultMaxTokens);
            var system = request.Json || request.Schema is not null ? (request.System.Length > 0 ? request.System + "\n\n" + InJson : InJson) : request.System;
            if (system.Length > 0)
                writer.WriteString("system"u8, system);
            Messages(writer, request.Chat);
            if (request.Temperature is { } temperature)
                writer.WriteNumber("temperature"u8, temperature);
            Tools(writer, request.Tools);
            if (stream)
                writer.WriteBoolean("stream"u8, value: true);
            writer.WriteEndObject();
        }
        return JsonText.Parse(buffer.WrittenSpan).EnumerateObject().ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal);
    }

    /// <summary>A whole answer.</summary>
    public static LlmAnswer ReadAnswer(ReadOnlyMemory<byte> body, LlmService service) => service.ReadAnswer(body, root =>
    {
        if (Error(root) is { } error)
            throw Reported(error, service);
        if (!root.TryGetProperty("content"u8, out var content) || content.ValueKind is not JsonValueKind.Array)
            throw service.Unusable("it has no content", body.Span);
        var state = new State { StopReason = String(root, "stop_reason"u8) ?? "end_turn" };
        state.Count(root);
        var index = 0;
        foreach (var block in content.EnumerateArray())
            state.Begin(index++, block);
        return state.Answer(service);
    });

    /// <summary>One event of a stream: its piece of text, or null; the rest goes to <paramref name="state"/>.</summary>
    public static string? ReadEvent(ReadOnlySpan<byte> data, State state, LlmService service)
    {
        var trimmed = data.Trim(" \t\r\n"u8);
        if (trimmed.IsEmpty)
            return null;
        try
        {
            var reader = new Utf8JsonReader(trimmed);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            if (root.ValueKind is not JsonValueKind.Object)
                throw service.Unusable("a piece of its stream is not a JSON object", data);
            return ReadEvent(root, state, service);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw service.Unusable("a piece of its stream is not valid JSON", data);
        }
    }

    static string? ReadEvent(JsonElement root, State state, LlmService service)
    {
        if (Error(root) is { } error)
            throw Reported(error, service);
        var index = root.TryGetProperty("index"u8, out var at) && at.ValueKind is JsonValueKind.Number && at.TryGetInt32(out var number) ? number : 0;
        switch (String(root, "type"u8))
        {
            case "message_start":
                if (root.TryGetProperty("message"u8, out var message) && message.ValueKind is JsonValueKind.Object)
                    state.Count(message);
                return null;
            case "content_block_start":
                return root.TryGetProperty("content_block"u8, out var block) ? state.Begin(index, block) : null;
            case "content_block_delta":
                return root.TryGetProperty("delta"u8, out var delta) && delta.ValueKind is JsonValueKind.Object ? state.Add(index, delta) : null;
            case "message_delta":
                state.Count(root);
                if (root.TryGetProperty("delta"u8, out var end) && end.ValueKind is JsonValueKind.Object)
                    state.StopReason = String(end, "stop_reason"u8) ?? state.StopReason;
                return null;
            case "message_stop":
                state.Done = true;
                return null;
            default:
                // Pings, and kinds that come to be after this was written.
                return null;
        }
    }

    static JsonElement? Error(JsonElement root) => root.TryGetProperty("error"u8, out var error) && error.ValueKind is not JsonValueKind.Null ? error : null;

    /// <summary>In a stream an error has no status; its type says the same.</summary>
    static LlmException Reported(JsonElement error, LlmService service) => service.Reported(error,
        retryable: error.ValueKind is not JsonValueKind.Object || String(error, "type"u8) is not ("invalid_request_error" or "authentication_error" or "permission_error"
            or "billing_error" or "not_found_error" or "request_too_large"));

    static void Messages(Utf8JsonWriter writer, IReadOnlyList<LlmMessage> chat)
    {
        writer.WriteStartArray("messages"u8);
        for (var i = 0; i < chat.Count; i++)
        {
            var message = chat[i];
            writer.WriteStartObject();
            writer.WriteString("role"u8, message.Role is LlmRole.Assistant ? "assistant"u8 : "user"u8);
            if (message.Role is LlmRole.Tool)
            {
                // All results of a turn belong into one message.
                writer.WriteStartArray("content"u8);
                Result(writer, message);
                while (i + 1 < chat.Count && chat[i + 1].Role is LlmRole.Tool)
                    Result(writer, chat[++i]);
                writer.WriteEndArray();
            }
            else if (message.ToolCalls.Count == 0)
            {
                writer.WriteString("content"u8, message.Text);
            }
            else
            {
                Calls(writer, message);
            }
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    static void Calls(Utf8JsonWriter writer, LlmMessage message)
    {
        writer.WriteStartArray("content"u8);
        if (message.Text.Length > 0)
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "text"u8);
            writer.WriteString("text"u8, message.Text);
            writer.WriteEndObject();
        }
        foreach (var call in message.ToolCalls)
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "tool_use"u8);
            writer.WriteString("id"u8, call.Id);
            writer.WriteString("name"u8, call.Name);
            writer.WritePropertyName("input"u8);
            var isObject = JsonCheck.TryParse(Encoding.UTF8.GetBytes(call.Arguments), out var input, out _) && input.ValueKind is JsonValueKind.Object;
            (isObject ? input : JsonText.EmptyObject).WriteTo(writer);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    static void Result(Utf8JsonWriter writer, LlmMessage message)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "tool_result"u8);
        writer.WriteString("tool_use_id"u8, message.ToolCallId);
        writer.WriteString("content"u8, message.Text);
        if (message.IsError)
            writer.WriteBoolean("is_error"u8, value: true);
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
            writer.WriteString("name"u8, tool.Name);
            writer.WriteString("description"u8, tool.Description);
            writer.WritePropertyName("input_schema"u8);
            tool.Parameters.WriteTo(writer);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    static string? String(JsonElement element, ReadOnlySpan<byte> name) =>
        element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    /// <summary>What an answer has told so far.</summary>
    public sealed class State
    {
        readonly SortedDictionary<int, (string Id, string Name, StringBuilder Arguments, string Whole)> calls = [];
        long input;
        long output;

        public StringBuilder Text { get; } = new();

        public bool Done { get; set; }

        public string? StopReason { get; set; }

        /// <summary>Takes the usage of a message or of an event; a later count replaces an earlier one.</summary>
        public void Count(JsonElement owner)
        {
            if (!owner.TryGetProperty("usage"u8, out var usage) || usage.ValueKind is not JsonValueKind.Object)
                return;
            var read = Number(usage, "input_tokens"u8) + Number(usage, "cache_creation_input_tokens"u8) + Number(usage, "cache_read_input_tokens"u8);
            input = read > 0 ? read : input;
            output = Number(usage, "output_tokens"u8) is > 0 and var written ? written : output;
        }

        /// <summary>A block of content begins, or is whole; returns its text.</summary>
        public string? Begin(int index, JsonElement block)
        {
            switch (String(block, "type"u8))
            {
                case "text":
                    return Append(String(block, "text"u8));
                case "tool_use":
                    var whole = block.TryGetProperty("input"u8, out var arguments) && arguments.ValueKind is JsonValueKind.Object ? arguments.GetRawText() : "{}";
                    calls[index] = (String(block, "id"u8) ?? $"call_{index}", String(block, "name"u8) ?? "", new StringBuilder(), whole);
                    return null;
                default:
                    return null;
            }
        }

        /// <summary>A piece of a block; returns its text.</summary>
        public string? Add(int index, JsonElement delta)
        {
            if (String(delta, "type"u8) == "text_delta")
                return Append(String(delta, "text"u8));
            if (String(delta, "type"u8) == "input_json_delta" && calls.TryGetValue(index, out var call))
                call.Arguments.Append(String(delta, "partial_json"u8));
            return null;
        }

        /// <summary>The answer, unless what came is none though the service calls it complete.</summary>
        public LlmAnswer Answer(LlmService service)
        {
            if (StopReason == "refusal")
                throw new LlmException("model_refused", $"The model refused{(Text.Length > 0 ? ": " + service.Excerpt(Text.ToString()) : ".")}", "Change what the model is asked.");
            if (StopReason == "max_tokens" && (Text.Length == 0 || calls.Count > 0))
            {
                throw new LlmException("answer_cut", $"{service.Host} used up the maximum of tokens before it was through.",
                    "Raise the maximum of tokens: models that think count their thoughts.");
            }
            return new LlmAnswer(Text.ToString(), input, output, StopReason switch { "max_tokens" => "length", "tool_use" => "tool_calls", _ => "stop" })
            {
                ToolCalls = calls.Count == 0 ? [] : [.. calls.Values.Select(c => new LlmToolCall(c.Id, c.Name, c.Arguments.Length > 0 ? c.Arguments.ToString() : c.Whole))],
            };
        }

        string? Append(string? text)
        {
            Text.Append(text);
            return text;
        }

        static long Number(JsonElement usage, ReadOnlySpan<byte> name) =>
            usage.TryGetProperty(name, out var count) && count.ValueKind is JsonValueKind.Number && count.TryGetInt64(out var value) && value > 0 ? value : 0;
    }
}
