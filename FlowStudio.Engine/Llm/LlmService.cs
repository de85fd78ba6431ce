using System.Globalization;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Egress;
using FlowStudio.Engine.Secrets;

namespace FlowStudio.Engine.Llm;

/// <summary>The service of one call: says in words what went wrong with it, never with the key.</summary>
sealed class LlmService(string host, LlmRequest request, SecretRedactor redactor, TimeProvider time)
{
    const string OpenAiAddress = "that of an OpenAI-compatible service (it often ends with /v1)";

    public string Host => host;

    /// <summary>What the base URL must be, for advice.</summary>
    public string Address { get; init; } = OpenAiAddress;

    /// <summary>The beginning of a text of the service, without the key, even where the redactor was not told of it, and without other secrets.</summary>
    public string Excerpt(string text, int length = 200) =>
        Engine.Excerpt.Of(redactor.Redact(text), length, request.ApiKey is { Length: > 0 } key ? [key] : null);

    /// <inheritdoc cref="Excerpt(string, int)"/>
    public string Excerpt(ReadOnlySpan<byte> utf8) => Excerpt(Encoding.UTF8.GetString(utf8));

    /// <summary>A 2xx answer that is none.</summary>
    public LlmException Unusable(string what, ReadOnlySpan<byte> body)
    {
        var shown = Excerpt(body);
        return new LlmException("invalid_answer", $"{host} gave an answer that can't be used: {what}.{(shown.Length > 0 ? $" It begins: {shown}" : "")}",
            $"Check that the base URL is {Address}, and the name of the model.", retryable: false);
    }

    /// <summary>Reads a whole answer, which must be a JSON object.</summary>
    /// <exception cref="LlmException">It is none, or <paramref name="read"/> says so.</exception>
    public LlmAnswer ReadAnswer(ReadOnlyMemory<byte> body, Func<JsonElement, LlmAnswer> read)
    {
        if (body.Span.Trim(" \t\r\n"u8).IsEmpty)
            throw Unusable("it is empty", default);
        if (body.Span.TrimStart(" \t\r\n"u8) is [(byte)'<', ..])
            throw Unusable("it is a web page, not JSON", body.Span);
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind is JsonValueKind.Object ? read(document.RootElement) : throw Unusable("it is not a JSON object", body.Span);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a text with half of a surrogate pair, found when it is read.
            throw Unusable("it is not valid JSON", body.Span);
        }
    }

    /// <summary>A stream that ended without its end.</summary>
    /// <param name="length">Characters that had come.</param>
    public LlmException Cut(int length) => new("stream_cut",
        $"The answer of {host} broke off after {length} characters: the stream ended without saying that it was complete.",
        "Try again; if it happens often, look at the service, or at a proxy before it.", retryable: true);

    /// <summary>A trouble of the package that carries the call. Failures of the connection come as <see cref="EgressException"/>, answers of any status as answers.</summary>
    public LlmException Broken(Exception e) => new("connection_broken", $"The call to {host} failed: {Excerpt(e.Message)}", retryable: true, inner: e);

    /// <summary>An answer with a status that is not 2xx.</summary>
    /// <param name="header">Gives a header of the answer, or null.</param>
    public LlmException Failed(int status, string? phrase, Func<string, string?> header, ReadOnlyMemory<byte> body)
    {
        var (words, code) = Explanation(body);
        var reason = phrase is { Length: > 0 } ? " " + Excerpt(phrase, 60) : "";
        var message = string.Create(CultureInfo.InvariantCulture, $"{host} answered {status}{reason}{(words.Length > 0 ? ": " + words : ".")}");
        // A used-up quota comes as 429 too, and stays so until somebody pays.
        var retryable = status >= 500 || (status == 429 && code != "insufficient_quota");
        return new LlmException(status == 429 ? "rate_limited" : "http_status", message, Remedy(status, code), retryable, retryable ? Wait(header) : null);
    }

    /// <summary>An error that came as an answer or in a stream: <c>{"error": …}</c>.</summary>
    public LlmException Reported(JsonElement error, bool retryable)
    {
        var (words, code) = Explanation(error);
        var remedy = code == "insufficient_quota" ? Remedy(429, code) : "";
        return new LlmException("model_error", $"{host} reported an error: {words}", remedy, retryable && code != "insufficient_quota");
    }

    string Remedy(int status, string code) => (status, code) switch
    {
        (429, "insufficient_quota") => "The account has no credit left: look at its plan and billing.",
        (401, _) when request.ApiKey is null => "The service wants a key: keep one under Variables, and give its name as API key.",
        (401 or 403, _) => "Check the variable that API key names: is it this service's key, and may it use this model?",
        (404, _) => $"Check the name of the model, {request.Model}, and the base URL.",
        (400 or 422, _) => "Change what the service complains of: the model's name, temperature, maximum of tokens, or the length of the text.",
        (413, _) => "Send less text.",
        _ => "",
    };

    TimeSpan? Wait(Func<string, string?> header)
    {
        if (header("retry-after-ms") is { } ms
            && double.TryParse(ms, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var milliseconds))
            return TimeSpan.FromMilliseconds(Math.Min(milliseconds, TimeSpan.FromDays(365).TotalMilliseconds));
        return header("Retry-After") is { } wait ? RetryAfter.Parse(wait, time) : null;
    }

    /// <summary>What an error's body says, and its code: OpenAI's shape, those of others, or the beginning of the text.</summary>
    (string Words, string Code) Explanation(ReadOnlyMemory<byte> body)
    {
        if (JsonCheck.TryParse(body.Span, out var json, out _) && json.ValueKind is JsonValueKind.Object)
            return Explanation(json.TryGetProperty("error"u8, out var error) ? error : json);
        return (Excerpt(body.Span), "");
    }

    (string Words, string Code) Explanation(JsonElement error)
    {
        if (error.ValueKind is not JsonValueKind.Object)
            return (Excerpt(JsonText.Of(error)), "");
        var code = error.TryGetProperty("code"u8, out var value) ? JsonText.Of(value) : "";
        foreach (var name in (ReadOnlySpan<string>)["message", "detail", "error"])
        {
            if (error.TryGetProperty(name, out var words) && JsonText.Of(words) is { Length: > 0 } text)
                return (Excerpt(text, 500), code);
        }
        return (Excerpt(JsonText.Of(error)), code);
    }
}
