using System.Text;
using System.Text.Json;

namespace FlowStudio.Engine.Llm;

/// <summary>What chat completions answer, whole or in chunks.</summary>
static class OpenAiAnswers
{
    /// <summary>A whole answer.</summary>
    public static LlmAnswer ReadAnswer(ReadOnlyMemory<byte> body, LlmService service, bool offersTools) =>
        service.ReadAnswer(body, root => ReadAnswer(root, body.Span, service, offersTools));

    static LlmAnswer ReadAnswer(JsonElement root, ReadOnlySpan<byte> body, LlmService service, bool offersTools)
    {
        if (root.TryGetProperty("error"u8, out var error) && error.ValueKind is not JsonValueKind.Null)
            throw service.Reported(error, retryable: true);
        if (!FirstChoice(root, out var choice))
            throw service.Unusable("it has no choices", body);
        if (!choice.TryGetProperty("message"u8, out var message) || message.ValueKind is not JsonValueKind.Object)
            throw service.Unusable("its choice has no message", body);
        var text = message.TryGetProperty("content"u8, out var content) ? Text(content) : null;
        var (input, output) = Usage(root);
        var state = new State
        {
            FinishReason = String(choice, "finish_reason"u8),
            InputTokens = input,
            OutputTokens = output,
            Refusal = String(message, "refusal"u8) ?? "",
            HasToolCalls = HasTools(message),
            ToolsOffered = offersTools,
        };
        ReadCalls(message, state);
        if (text is null && state is { Refusal: "", HasToolCalls: false })
            throw service.Unusable("its message has no content", body);
        return Checked(text ?? "", state, service);
    }

    /// <summary>One event of a stream: its piece of text, or null; the rest goes to <paramref name="state"/>.</summary>
    public static string? ReadChunk(ReadOnlySpan<byte> data, State state, LlmService service)
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

    static string? ReadChunk(JsonElement root, ReadOnlySpan<byte> data, State state, LlmService service)
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
        ReadCalls(delta, state);
        state.Refusal += String(delta, "refusal"u8);
        return delta.TryGetProperty("content"u8, out var content) ? Text(content) : null;
    }

    /// <summary>The answer, unless what came is none though the service calls it complete.</summary>
    public static LlmAnswer Checked(string text, State state, LlmService service)
    {
        var finish = state.FinishReason ?? "stop";
        if (finish == "content_filter")
            throw new LlmException("content_filtered", $"{service.Host} withheld the answer: its content filter did.", "Change what the model is asked.");
        if (text.Length == 0 && state.Refusal.Length > 0)
            throw new LlmException("model_refused", $"The model refused: {service.Excerpt(state.Refusal)}", "Change what the model is asked.");
        if (state.ToolsOffered && state.Calls.Count > 0)
        {
            if (finish == "length")
            {
                throw new LlmException("answer_cut", $"{service.Host} used up the maximum of tokens in the middle of a call of a tool.",
                    "Raise the maximum of tokens.");
            }
            return new LlmAnswer(text, state.InputTokens, state.OutputTokens, finish)
            {
                ToolCalls = [.. state.Calls.Values.Select((c, i) => new LlmToolCall(c.Id.Length > 0 ? c.Id : $"call_{i}", c.Name, c.Arguments.ToString()))],
            };
        }
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

    static bool FirstChoice(JsonElement root, out JsonElement choice)
    {
        choice = default;
        if (!root.TryGetProperty("choices"u8, out var choices) || choices.ValueKind is not JsonValueKind.Array || choices.GetArrayLength() == 0)
            return false;
        choice = choices[0];
        return choice.ValueKind is JsonValueKind.Object;
    }

    /// <summary>
    /// Calls come whole, or in pieces that tell by an index where they belong: the name with the first, the arguments letter by letter. Services
    /// without an index send each call whole.
    /// </summary>
    static void ReadCalls(JsonElement message, State state)
    {
        if (!state.ToolsOffered || !message.TryGetProperty("tool_calls"u8, out var calls) || calls.ValueKind is not JsonValueKind.Array)
            return;
        foreach (var piece in calls.EnumerateArray())
        {
            if (piece.ValueKind is not JsonValueKind.Object || !piece.TryGetProperty("function"u8, out var function) || function.ValueKind is not JsonValueKind.Object)
                continue;
            var index = piece.TryGetProperty("index"u8, out var at) && at.ValueKind is JsonValueKind.Number && at.TryGetInt32(out var number) ? number : state.Calls.Count;
            if (!state.Calls.TryGetValue(index, out var call))
                state.Calls[index] = call = new State.Call();
            if (String(piece, "id"u8) is { Length: > 0 } id)
                call.Id = id;
            if (String(function, "name"u8) is { Length: > 0 } name)
                call.Name = name;
            if (function.TryGetProperty("arguments"u8, out var arguments) && arguments.ValueKind is not JsonValueKind.Null)
                call.Arguments.Append(JsonText.Of(arguments));
        }
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
    public sealed class State
    {
        public bool Done { get; set; }

        public string? FinishReason { get; set; }

        public long InputTokens { get; set; }

        public long OutputTokens { get; set; }

        public string Refusal { get; set; } = "";

        public bool HasToolCalls { get; set; }

        /// <summary>Only then its calls are read.</summary>
        public bool ToolsOffered { get; init; }

        /// <summary>By index, in the order in which they began.</summary>
        public SortedDictionary<int, Call> Calls { get; } = [];

        public sealed class Call
        {
            public string Id { get; set; } = "";

            public string Name { get; set; } = "";

            public StringBuilder Arguments { get; } = new();
        }
    }
}
