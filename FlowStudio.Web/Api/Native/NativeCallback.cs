using System.Buffers;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Callbacks;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Api.Json;

namespace FlowStudio.Web.Api.Native;

/// <summary>
/// What completion webhooks say: <c>type</c>, <c>timestamp</c> (when the run ended), <c>run_id</c>, <c>status</c>, <c>output</c>, and the run as
/// <c>GET /v1/runs/{id}</c> gives it as <c>data</c>; of a large run without its steps and input, which are read there. A message about a question
/// (<c>run.waiting</c>) has it as <c>question</c>, with the address of its link.
/// </summary>
sealed class NativeCallback(IRunStore runs, IQuestions questions, QuestionLinkAddresses addresses) : ICallbackPayload
{
    /// <summary>Bytes beyond which steps and input are left out: receivers refuse large messages, and an output is all that most of them read.</summary>
    public const int WholeUpTo = 256 * 1024;

    public string Kind => CallbackTarget.NativeKind;

    public async Task<byte[]?> WriteAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        if (await runs.FindDetailsAsync(delivery.RunId, cancellationToken) is not { } details)
            return null;
        QuestionState? asked = null;
        if (delivery.Target.QuestionId is { } id && (asked = await questions.FindAsync(id, cancellationToken)) is null)
            return null;
        var whole = Write(details, asked, whole: true);
        return whole.Length <= WholeUpTo ? whole : Write(details, asked, whole: false);
    }

    public byte[] WriteTest(Guid deliveryId, Guid flowId, DateTimeOffset now) => Write(
        ("run.test", "completed", deliveryId, now),
        static json => json.WriteString("output"u8, "This is a test of the completion webhook. It is about no run."),
        json =>
        {
            json.WriteStartObject();
            json.WriteBoolean("test"u8, value: true);
            json.WriteString("flow_id"u8, flowId);
            json.WriteEndObject();
        });

    byte[] Write(RunDetails details, QuestionState? asked, bool whole)
    {
        var run = details.Run;
        var status = Word(asked is null ? run.Status : RunStatus.Waiting);
        return Write(
            ($"run.{status}", status, run.Id, asked?.Asked.AskedAt ?? run.FinishedAt ?? run.CreatedAt),
            json =>
            {
                json.WritePropertyName("output"u8);
                if (asked is null && details.Output is { } output)
                    json.WriteRawValue(JsonText.Utf8(output), skipInputValidation: true);
                else
                    json.WriteNullValue();
                if (asked is null)
                    return;
                json.WritePropertyName("question"u8);
                JsonSerializer.Serialize(json, QuestionView.Of(asked, addresses.Of(asked.Asked.Id, request: null)), ApiJson.Relaxed.QuestionView);
            },
            json => JsonSerializer.Serialize(json, RunView.Of(details, whole, answerUrl: id => addresses.Of(id, request: null)), ApiJson.Relaxed.RunView));
    }

    static byte[] Write((string Type, string Status, Guid RunId, DateTimeOffset At) head, Action<Utf8JsonWriter> output, Action<Utf8JsonWriter> data)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, JsonText.Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, head.Type);
            json.WriteString("timestamp"u8, head.At.UtcDateTime);
            json.WriteString("run_id"u8, head.RunId);
            json.WriteString("status"u8, head.Status);
            output(json);
            json.WritePropertyName("data"u8);
            data(json);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The words that webhook guides teach: a run that succeeded is completed.</summary>
    static string Word(RunStatus status) => status is RunStatus.Succeeded ? "completed" : RunNames.Of(status);
}
