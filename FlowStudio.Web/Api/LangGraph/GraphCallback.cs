using System.Buffers;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Callbacks;
using FlowStudio.Engine.Threads;

namespace FlowStudio.Web.Api.LangGraph;

/// <summary>
/// What a run's <c>webhook</c> is told: the run with <c>kwargs</c>, when it started and ended, the thread's final <c>values</c>, and <c>error</c> when it failed.
/// </summary>
sealed class GraphCallback(IThreadRows threads) : ICallbackPayload
{
    public const string KindName = "langgraph";

    public string Kind => KindName;

    public async Task<byte[]?> WriteAsync(Delivery delivery, CancellationToken cancellationToken) =>
        Guid.TryParse(delivery.Target.Context, out var run) && await threads.FindEndAsync(run, cancellationToken) is { } end ? Write(end) : null;

    public byte[] WriteTest(Guid deliveryId, Guid flowId, DateTimeOffset now)
    {
        var run = new ThreadRun { Id = deliveryId, ThreadId = deliveryId, FlowId = flowId, AssistantId = flowId, Status = ThreadRunStatus.Success, StartAt = now, UpdatedAt = now, StartedAt = now, EndedAt = now };
        return Write(new(run, JsonText.EmptyObject));
    }

    static byte[] Write(EndedRun end)
    {
        var run = end.Run;
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, JsonText.Relaxed))
        {
            json.WriteStartObject();
            foreach (var member in JsonSerializer.SerializeToElement(GraphViews.Of(run), GraphJson.Relaxed.GraphRunView).EnumerateObject())
                member.WriteTo(json);
            Write(json, "run_started_at"u8, run.StartedAt ?? run.StartAt);
            Write(json, "run_ended_at"u8, run.EndedAt ?? run.UpdatedAt);
            // When it was made: every attempt carries the same bytes.
            Write(json, "webhook_sent_at"u8, run.EndedAt ?? run.UpdatedAt);
            json.WritePropertyName("values"u8);
            (run.Interrupts.Count > 0 ? GraphViews.Stopped(end.Values, run.Interrupts) : end.Values).WriteTo(json);
            if (run.Error is { } error)
                json.WriteString("error"u8, error.Message);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, DateTimeOffset at) => json.WriteString(name, at.UtcDateTime);
}
