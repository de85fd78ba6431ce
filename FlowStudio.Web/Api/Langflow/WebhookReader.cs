using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Callbacks;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Api.Json;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Api.Langflow;

/// <summary>Why a webhook call is not taken, in Langflow's shape.</summary>
/// <param name="Reason">The same in a few words, for the list of last calls.</param>
readonly record struct WebhookRefusal(int Status, string Detail, string Reason);

/// <summary>
/// Makes a request for a run out of a call. The content type does not matter, as in Langflow: JSON is data; any other text becomes
/// <c>{"payload":"…"}</c>, and so does JSON that would be trouble later (a repeated name, half a surrogate, a number like 1e400, more than 64 levels). Bytes
/// that are no UTF-8 are refused.
/// </summary>
sealed class WebhookReader(EngineOptions options, WebhookGuard guard, CompletionWebhooks webhooks)
{
    const int MaxHeaderText = 256;

    /// <exception cref="ApiException">The body is too large, or packed in a way that is not taken.</exception>
    public async ValueTask<(RunRequest? Run, WebhookRefusal Refusal)> ReadAsync(HttpContext context, RunnableFlow flow, WebhookEntry? entry)
    {
        string? key = context.Request.Headers["Idempotency-Key"];
        // A sender by Standard Webhooks that tries again says so by the same id.
        if (string.IsNullOrEmpty(key) && flow.Flow.WebhookAccess is WebhookAccess.Signed)
            key = context.Request.Headers[CallSignature.IdHeader];
        if (key?.Length > MaxHeaderText)
            return (null, new(StatusCodes.Status400BadRequest, $"The Idempotency-Key has {key.Length} characters; {MaxHeaderText} are the most.", "key too long"));
        string? webhook = context.Request.Headers["X-Completion-Webhook"];
        if (!string.IsNullOrEmpty(webhook) && webhooks.Refuse(webhook) is { } why)
            return (null, new(StatusCodes.Status400BadRequest, $"X-Completion-Webhook: {why}", "bad completion webhook"));
        var body = await RequestBody.ReadAsync(context, options.Intake.MaxBodyBytes);
        try
        {
            var (run, refusal) = Build(context.Request, flow, entry, body, string.IsNullOrEmpty(key) ? null : key);
            return (run is null || string.IsNullOrEmpty(webhook) ? run : run with { Callbacks = [new CallbackTarget(webhook, CallbackSource.Call)] }, refusal);
        }
        finally
        {
            RequestBody.Done(context, body);
        }
    }

    (RunRequest? Run, WebhookRefusal Refusal) Build(HttpRequest request, RunnableFlow flow, WebhookEntry? entry, in ReadOnlySequence<byte> sequence, string? key)
    {
        if (sequence.IsSingleSegment)
            return Build(request, flow, entry, sequence.FirstSpan, key);
        var length = checked((int)sequence.Length);
        var joined = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            sequence.CopyTo(joined);
            return Build(request, flow, entry, joined.AsSpan(0, length), key);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(joined);
        }
    }

    (RunRequest? Run, WebhookRefusal Refusal) Build(HttpRequest request, RunnableFlow flow, WebhookEntry? entry, ReadOnlySpan<byte> body, string? key)
    {
        if (guard.RefuseBody(request, flow.Flow, body) is { } stranger)
            return (null, stranger);
        var text = JsonCheck.WithoutMark(body);
        var isText = true;
        JsonElement input;
        if (text.IsEmpty)
        {
            if (!QueryPayload.Stands(request.Method))
                return (null, new(StatusCodes.Status400BadRequest, "Request body is empty. You should provide a JSON payload containing the flow ID.", "empty body"));
            input = QueryPayload.Of(request, flow.Flow.WebhookAccess);
        }
        else
        {
            switch (JsonCheck.Read(body, out input))
            {
                case JsonFlaw.None:
                    break;
                // Bytes are taken by a flow that reads the body as it was sent.
                case JsonFlaw.NotUtf8 when entry is { KeepsBody: true }:
                    isText = false;
                    input = Packed(body);
                    break;
                case JsonFlaw.NotUtf8:
                    return (null, new(StatusCodes.Status400BadRequest, JsonIntake.Words(JsonFlaw.NotUtf8), "not UTF-8"));
                default:
                    input = Wrap(text);
                    break;
            }
        }
        string? session = request.Headers["X-Session-Id"];
        if (string.IsNullOrEmpty(session))
            session = SessionOf(input);
        if (session?.Length > MaxHeaderText)
            return (null, new(StatusCodes.Status400BadRequest, $"The session id has {session.Length} characters; {MaxHeaderText} are the most.",
                "session id too long"));
        return (new RunRequest
        {
            Flow = flow,
            Trigger = RunTrigger.Webhook,
            Input = input,
            Call = entry is { KeepsBody: true }
                ? Calls.Details(request) with { Body = isText ? Encoding.UTF8.GetString(body) : Convert.ToBase64String(body), IsBase64 = !isText }
                : Calls.Details(request),
            SessionId = session,
            IdempotencyKey = key,
            // What came by the query has no body that could differ.
            BodyHash = key is null ? null : SHA256.HashData(text.IsEmpty ? JsonText.Utf8(input) : body),
        }, default);
    }

    static string? SessionOf(JsonElement input) =>
        input.ValueKind is JsonValueKind.Object && input.TryGetProperty("session_id"u8, out var id) && id.ValueKind is JsonValueKind.String
            && id.GetString() is { Length: > 0 } session ? session : null;

    static JsonElement Packed(ReadOnlySpan<byte> bytes) => JsonText.Element(Convert.ToBase64String(bytes), static (json, text) =>
    {
        json.WriteStartObject();
        json.WriteString("payload"u8, text);
        json.WriteString("encoding"u8, "base64"u8);
        json.WriteEndObject();
    });

    static JsonElement Wrap(ReadOnlySpan<byte> text)
    {
        var buffer = new ArrayBufferWriter<byte>(text.Length + 32);
        using (var json = new Utf8JsonWriter(buffer, JsonText.Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("payload"u8, text);
            json.WriteEndObject();
        }
        return JsonText.Parse(buffer.WrittenSpan);
    }
}
