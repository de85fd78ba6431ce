using System.Buffers;
using System.Text.Json;

namespace FlowStudio.Engine.Llm;

/// <summary>Bodies of chat completions: what is sent, and what comes back whole or in chunks.</summary>
static class OpenAiWire
{
    /// <summary>The request's body.</summary>
    /// <param name="ownService">OpenAI's own models want <c>max_completion_tokens</c>; many compatible services know <c>max_tokens</c> only.</param>
    public static ReadOnlyMemory<byte> Write(LlmRequest request, bool stream, bool ownService)
    {
        var buffer = new ArrayBufferWriter<byte>(request.Input.Length + request.System.Length + 256);
        using var writer = new Utf8JsonWriter(buffer, JsonText.Relaxed);
        writer.WriteStartObject();
        writer.WriteString("model"u8, request.Model);
        writer.WriteStartArray("messages"u8);
        if (request.System.Length > 0)
            Message(writer, "system"u8, request.System);
        Message(writer, "user"u8, request.Input);
        writer.WriteEndArray();
        if (request.Temperature is { } temperature)
            writer.WriteNumber("temperature"u8, temperature);
        if (request.MaxTokens is { } maxTokens)
            writer.WriteNumber(ownService ? "max_completion_tokens"u8 : "max_tokens"u8, maxTokens);
        if (request.Seed is { } seed)
            writer.WriteNumber("seed"u8, seed);
        if (request.Json)
        {
            writer.WriteStartObject("response_format"u8);
            writer.WriteString("type"u8, "json_object"u8);
            writer.WriteEndObject();
        }
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

    /// <summary>A whole answer.</summary>
    public static LlmAnswer ReadAnswer(ReadOnlyMemory<byte> body, LlmService service)
    {
        if (body.Span.Trim(" \t\r\n"u8).IsEmpty)
            throw service.Unusable("it is empty", default);
        if (body.Span.TrimStart(" \t\r\n"u8) is [(byte)'<', ..])
            throw service.Unusable("it is a web page, not JSON", body.Span);
        try
        {
            using var document = JsonDocument.Parse(body);
            return ReadAnswer(document.RootElement, body.Span, service);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a text with half of a surrogate pair, found when it is read.
            throw service.Unusable("it is not valid JSON", body.Span);
        }
    }

    static LlmAnswer ReadAnswer(JsonElement root, ReadOnlySpan<byte> body, LlmService service)
    {
        if (root.ValueKind is not JsonValueKind.Object)
            throw service.Unusable("it is not a JSON object", body);
        if (root.TryGetProperty("error"u8, out var error) && error.ValueKind is not JsonValueKind.Null)
            throw service.Reported(error, retryable: true);
        if (!FirstChoice(root, out var choice))
            throw service.Unusable("it has no choices", body);
        if (!choice.TryGetProperty("message"u8, out var message) || message.ValueKind is not JsonValueKind.Object)
            throw service.Unusable("its choice has no message", body);
        var text = message.TryGetProperty("content"u8, out var content) ? Text(content) : null;
        var (input, output) = Usage(root);
        var state = new AnswerState
        {
            FinishReason = String(choice, "finish_reason"u8),
            InputTokens = input,
            OutputTokens = output,
            Refusal = String(message, "refusal"u8) ?? "",
            HasToolCalls = HasTools(message),
        };
        if (text is null && state is { Refusal: "", HasToolCalls: false })
            throw service.Unusable("its message has no content", body);
        return Checked(text ?? "", state, service);
    }

    /// <summary>One event of a stream: its piece of text, or null; the rest goes to <paramref name="state"/>.</summary>
    public static string? ReadChunk(ReadOnlySpan<byte> data, AnswerState state, LlmService service)
    {
        var trimmed = data.Trim(" \t\r\n"u8);
        if (trimmed.IsEmpty)
            return null;
        if (trimmed.SequenceEqual("[DONE]"u8))
        {
            state.Done = true;
            return null;
        }
        try
        {
            var reader = new Utf8JsonReader(trimmed);
            using var document = JsonDocument.ParseValue(ref reader);
            return ReadChunk(document.RootElement, data, state, service);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw service.Unusable("a piece of its stream is not valid JSON", data);
        }
    }

    static string? ReadChunk(JsonElement root, ReadOnlySpan<byte> data, AnswerState state, LlmService service)
    {
        if (root.ValueKind is not JsonValueKind.Object)
            throw service.Unusable("a piece of its stream is not a JSON object", data);
        if (root.TryGetProperty("error"u8, out var error) && error.ValueKind is not JsonValueKind.Null)
            throw service.Reported(error, retryable: true);
        if (root.TryGetProperty("usage"u8, out var usage) && usage.ValueKind is JsonValueKind.Object)
            (state.InputTokens, state.OutputTokens) = Usage(root);
        // The chunk with the usage has no choices, and some services send pings without.
        if (!FirstChoice(root, out var choice))
            return null;
        state.FinishReason = String(choice, "finish_reason"u8) ?? state.FinishReason;
        if (!choice.TryGetProperty("delta"u8, out var delta) || delta.ValueKind is not JsonValueKind.Object)
            return null;
        state.HasToolCalls |= HasTools(delta);
        state.Refusal += String(delta, "refusal"u8);
        return delta.TryGetProperty("content"u8, out var content) ? Text(content) : null;
    }

    /// <summary>The answer, unless what came is none though the service calls it complete.</summary>
    public static LlmAnswer Checked(string text, AnswerState state, LlmService service)
    {
        var finish = state.FinishReason ?? "stop";
        if (finish == "content_filter")
            throw new LlmException("content_filtered", $"{service.Host} withheld the answer: its content filter did.", "Change what the model is asked.");
        if (text.Length == 0 && state.Refusal.Length > 0)
            throw new LlmException("model_refused", $"The model refused: {service.Excerpt(state.Refusal)}", "Change what the model is asked.");
        if (text.Length == 0 && state.HasToolCalls)
        {
            throw new LlmException("invalid_answer", $"{service.Host} asked for a tool instead of answering, and this node offers none.",
                "Say in the system message that it shall answer with text.");
        }
        if (text.Length == 0 && finish == "length")
        {
            throw new LlmException("answer_cut", $"{service.Host} used up the maximum of tokens before it said anything.",
                "Raise the maximum of tokens: models that think count their thoughts.");
        }
        return new LlmAnswer(text, state.InputTokens, state.OutputTokens, finish);
    }

    static void Message(Utf8JsonWriter writer, ReadOnlySpan<byte> role, string content)
    {
        writer.WriteStartObject();
        writer.WriteString("role"u8, role);
        writer.WriteString("content"u8, content);
        writer.WriteEndObject();
    }

    static bool FirstChoice(JsonElement root, out JsonElement choice)
    {
        choice = default;
        if (!root.TryGetProperty("choices"u8, out var choices) || choices.ValueKind is not JsonValueKind.Array || choices.GetArrayLength() == 0)
            return false;
        choice = choices[0];
        return choice.ValueKind is JsonValueKind.Object;
    }

    static bool HasTools(JsonElement message) =>
        (message.TryGetProperty("tool_calls"u8, out var calls) && calls.ValueKind is JsonValueKind.Array && calls.GetArrayLength() > 0)
        || (message.TryGetProperty("function_call"u8, out var call) && call.ValueKind is JsonValueKind.Object);

    static string? String(JsonElement element, ReadOnlySpan<byte> name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    /// <summary>Content is a text, or a list of parts of which some are texts; null when there is none.</summary>
    static string? Text(JsonElement content) => content.ValueKind switch
    {
        JsonValueKind.String => content.GetString(),
        JsonValueKind.Array => string.Concat(content.EnumerateArray().Where(p => p.ValueKind is JsonValueKind.Object).Select(p => String(p, "text"u8) ?? "")),
        _ => null,
    };

    static (long Input, long Output) Usage(JsonElement root) =>
        root.TryGetProperty("usage"u8, out var usage) && usage.ValueKind is JsonValueKind.Object
            ? (Count(usage, "prompt_tokens"u8), Count(usage, "completion_tokens"u8))
            : default;

    static long Count(JsonElement usage, ReadOnlySpan<byte> name) =>
        usage.TryGetProperty(name, out var count) && count.ValueKind is JsonValueKind.Number && count.TryGetInt64(out var value) && value > 0 ? value : 0;

    /// <summary>What an answer has told besides its text.</summary>
    public sealed class AnswerState
    {
        public bool Done { get; set; }

        public string? FinishReason { get; set; }

        public long InputTokens { get; set; }

        public long OutputTokens { get; set; }

        public string Refusal { get; set; } = "";

        public bool HasToolCalls { get; set; }
    }
}
