using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Threads;

namespace FlowStudio.Engine.Storage;

/// <summary>Rows of threads and what they mean.</summary>
static class ThreadMapping
{
    public static JsonElement Json(string text) => JsonText.Parse(Encoding.UTF8.GetBytes(text));

    public static StateThread Read(StateThreadRow row, bool busy) => new()
    {
        Id = row.Id,
        FlowId = row.FlowId,
        Metadata = Json(row.Metadata),
        Values = row.Values is null ? null : Json(row.Values),
        Status = busy ? ThreadStatus.Busy : ThreadNames.Thread(row.Status) ?? throw Unknown("thread", row.Status),
        Error = row.Error,
        HeadId = row.HeadId,
        Interrupts = Interrupts(row.Interrupts),
        Waiting = row.WaitingRunId is { } waiting ? new(waiting, row.WaitingSeq) : null,
        Ttl = row.TtlMinutes is { } minutes ? new(minutes, row.TtlKeepLatest) : null,
        CreatedAt = row.CreatedAt,
        UpdatedAt = row.UpdatedAt,
        StateAt = row.StateAt,
    };

    public static StateThreadRow Row(StateThread thread) => new()
    {
        Id = thread.Id,
        FlowId = thread.FlowId,
        Metadata = thread.Metadata.GetRawText(),
        Values = thread.Values?.GetRawText(),
        Status = ThreadNames.Of(thread.Status),
        Error = thread.Error,
        HeadId = thread.HeadId,
        Interrupts = Interrupts(thread.Interrupts),
        WaitingRunId = thread.Waiting?.NativeRunId,
        WaitingSeq = thread.Waiting?.Seq ?? 0,
        TtlMinutes = thread.Ttl?.Minutes,
        TtlKeepLatest = thread.Ttl is { KeepLatest: true },
        CreatedAt = thread.CreatedAt,
        UpdatedAt = thread.UpdatedAt,
        StateAt = thread.StateAt,
    };

    public static ThreadRun Read(ThreadRunRow row) => new()
    {
        Id = row.Id,
        ThreadId = row.ThreadId,
        FlowId = row.FlowId,
        AssistantId = row.AssistantId ?? row.FlowId,
        Presets = JsonOrNull(row.Presets),
        Continues = row.Continues,
        Resume = JsonOrNull(row.Resume),
        Update = JsonOrNull(row.Update),
        Stops = Stops(row.Stops),
        Answers = row.Answers is null ? [] : Json(row.Answers).EnumerateObject().ToDictionary(a => Guid.Parse(a.Name), a => a.Value),
        Waited = Interrupts(row.Waited),
        FromSeq = row.FromSeq,
        UntilSeq = row.UntilSeq,
        Interrupts = Interrupts(row.Interrupts),
        Status = ThreadNames.Run(row.Status) ?? throw Unknown("thread's run", row.Status),
        Strategy = ThreadNames.Strategy(row.Strategy) ?? throw Unknown("thread's run", row.Strategy),
        Input = Json(row.Input),
        Metadata = Json(row.Metadata),
        Request = Json(row.Request),
        NativeRunId = row.NativeRunId,
        Callback = row.WebhookUrl is { } url ? new(url, row.ScheduleId is null ? CallbackSource.Call : CallbackSource.Schedule, row.WebhookKind ?? CallbackTarget.NativeKind) : null,
        FromId = row.FromId,
        InputId = row.InputId,
        BeforeId = row.BeforeId,
        Scheduled = row is { ScheduleId: { } schedule, ScheduledAt: { } at } ? new(schedule, at, Manual: false) : null,
        Temporary = row.Temporary,
        Error = row.ErrorCode is { } code ? new(code, row.ErrorMessage ?? "") : null,
        StartAt = row.StartAt,
        UpdatedAt = row.UpdatedAt,
        StartedAt = row.StartedAt,
        EndedAt = row.EndedAt,
    };

    public static ThreadRunRow Row(ThreadRun run) => new()
    {
        Id = run.Id,
        ThreadId = run.ThreadId,
        FlowId = run.FlowId,
        AssistantId = run.AssistantId,
        Presets = run.Presets?.GetRawText(),
        Continues = run.Continues,
        Resume = run.Resume?.GetRawText(),
        Update = run.Update?.GetRawText(),
        Stops = Stops(run.Stops),
        Status = ThreadNames.Of(run.Status),
        Strategy = ThreadNames.Of(run.Strategy),
        Input = run.Input.GetRawText(),
        Metadata = run.Metadata.GetRawText(),
        Request = run.Request.GetRawText(),
        WebhookUrl = run.Callback?.Url,
        WebhookKind = run.Callback?.Kind,
        FromId = run.FromId,
        ScheduleId = run.Scheduled?.ScheduleId,
        ScheduledAt = run.Scheduled?.At,
        Temporary = run.Temporary,
        StartAt = run.StartAt,
        UpdatedAt = run.UpdatedAt,
    };

    public static Checkpoint Read(CheckpointRow row) => new()
    {
        Id = row.Id,
        ThreadId = row.ThreadId,
        ParentId = row.ParentId,
        RunId = row.RunId,
        Values = Json(row.Values),
        Next = Texts(Json(row.Next)),
        Error = row.Error,
        Interrupts = Interrupts(row.Interrupts),
        Source = row.Source,
        Step = row.Step,
        Node = row.Node,
        CreatedAt = row.CreatedAt,
    };

    public static CheckpointRow Row(Checkpoint checkpoint) => new()
    {
        Id = checkpoint.Id,
        ThreadId = checkpoint.ThreadId,
        ParentId = checkpoint.ParentId,
        RunId = checkpoint.RunId,
        Values = checkpoint.Values.GetRawText(),
        Next = JsonText.Element(checkpoint.Next, WriteTexts).GetRawText(),
        Error = checkpoint.Error,
        Interrupts = Interrupts(checkpoint.Interrupts),
        Source = checkpoint.Source,
        Step = checkpoint.Step,
        Node = checkpoint.Node,
        CreatedAt = checkpoint.CreatedAt,
    };

    /// <summary><c>[{"id","node","value"}]</c>.</summary>
    public static string? Interrupts(IReadOnlyList<ThreadInterrupt> interrupts) => interrupts.Count == 0 ? null : JsonText.Element(interrupts, static (json, all) =>
    {
        json.WriteStartArray();
        foreach (var one in all)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, one.Id);
            json.WriteString("node"u8, one.Node);
            json.WritePropertyName("value"u8);
            one.Value.WriteTo(json);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }).GetRawText();

    public static IReadOnlyList<ThreadInterrupt> Interrupts(string? json) => json is null ? []
        : [.. Json(json).EnumerateArray().Select(i => new ThreadInterrupt(i.GetProperty("id").GetGuid(), i.GetProperty("node").GetString() ?? "", i.GetProperty("value")))];

    /// <summary><c>{"before":[…],"after":[…]}</c>.</summary>
    public static string? Stops(RunStops stops) => stops.IsEmpty ? null : JsonText.Element(stops, static (json, s) =>
    {
        json.WriteStartObject();
        json.WritePropertyName("before"u8);
        WriteTexts(json, s.Before);
        json.WritePropertyName("after"u8);
        WriteTexts(json, s.After);
        json.WriteEndObject();
    }).GetRawText();

    public static RunStops Stops(string? json) => json is null ? RunStops.None : new(Texts(Json(json).GetProperty("before")), Texts(Json(json).GetProperty("after")));

    /// <summary>Answers by the ids of their questions.</summary>
    public static string? Answers(IReadOnlyDictionary<Guid, JsonElement> answers) => answers.Count == 0 ? null : JsonText.Element(answers, static (json, all) =>
    {
        json.WriteStartObject();
        foreach (var (id, answer) in all)
        {
            json.WritePropertyName(id.ToString());
            answer.WriteTo(json);
        }
        json.WriteEndObject();
    }).GetRawText();

    static List<string> Texts(JsonElement list) => [.. list.EnumerateArray().Select(t => t.GetString() ?? "")];

    static void WriteTexts(Utf8JsonWriter json, IReadOnlyList<string> texts)
    {
        json.WriteStartArray();
        foreach (var text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }

    static JsonElement? JsonOrNull(string? text) => text is null ? null : Json(text);

    static InvalidDataException Unknown(string what, string value) => new($"A stored {what} has '{value}', which this program does not know. It was written by a newer one.");
}
