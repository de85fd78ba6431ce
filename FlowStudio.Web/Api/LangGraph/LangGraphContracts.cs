using System.Text.Json;
using System.Text.Json.Serialization;
using FlowStudio.Web.Api.Json;

namespace FlowStudio.Web.Api.LangGraph;

/// <summary>What an SDK asks the server about itself.</summary>
sealed record InfoView(string Version, JsonElement Flags);

/// <summary>The server answers.</summary>
sealed record OkView(bool Ok);

/// <summary>A flow, as a graph that can be run, or a configuration over one.</summary>
/// <param name="AssistantId">The flow's id; another one's own.</param>
/// <param name="GraphId">The flow's endpoint name, or else its id.</param>
/// <param name="Version">The flow's live version's number, 1 while the draft runs; another one's own.</param>
sealed record AssistantView(Guid AssistantId, string GraphId, string Name, string? Description, int Version, JsonElement Config, JsonElement Context, JsonElement Metadata,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>JSON Schemas of a flow; null where nothing is known.</summary>
sealed record SchemasView(string GraphId, JsonElement InputSchema, JsonElement OutputSchema, JsonElement StateSchema, JsonElement? ConfigSchema, JsonElement? ContextSchema);

/// <summary>A thread.</summary>
/// <param name="Values">The state; null before the first run.</param>
/// <param name="Error">Why the last run failed.</param>
sealed record ThreadView(Guid ThreadId, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, DateTimeOffset? StateUpdatedAt, JsonElement Metadata, string Status, JsonElement Config,
    JsonElement? Values, JsonElement Interrupts, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Error,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] TtlView? Ttl = null);

/// <summary>How long a thread is kept after its last change.</summary>
/// <param name="Strategy"><c>delete</c>: it goes then; <c>keep_latest</c>: its history goes.</param>
/// <param name="TtlMinutes">The same as <paramref name="Ttl"/>, as some clients name it.</param>
sealed record TtlView(string Strategy, double Ttl, double TtlMinutes, DateTimeOffset ExpiresAt);

/// <summary>Which checkpoint.</summary>
sealed record CheckpointView(Guid ThreadId, string CheckpointNs, Guid CheckpointId, JsonElement? CheckpointMap);

/// <summary>A step that was next.</summary>
sealed record TaskView(string Id, string Name, string? Error, JsonElement Interrupts, JsonElement? Checkpoint, JsonElement? State);

/// <summary>The state of a thread at a checkpoint; before the first there is none.</summary>
sealed record StateView(JsonElement Values, IReadOnlyList<string> Next, IReadOnlyList<TaskView> Tasks, CheckpointView? Checkpoint, CheckpointView? ParentCheckpoint, JsonElement Metadata,
    DateTimeOffset? CreatedAt, JsonElement Interrupts);

/// <summary>What a change of state made.</summary>
sealed record StateMade(CheckpointView Checkpoint);

/// <summary>A run on a thread.</summary>
/// <param name="Status"><c>pending</c>, <c>running</c>, <c>error</c>, <c>success</c>, <c>timeout</c> or <c>interrupted</c>.</param>
sealed record GraphRunView(Guid RunId, Guid ThreadId, Guid AssistantId, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, string Status, JsonElement Metadata, JsonElement Kwargs,
    string MultitaskStrategy);

/// <summary>A filter for assistants.</summary>
sealed record AssistantSearch(string? GraphId, string? Name, JsonElement? Metadata, int? Limit, int? Offset, string? SortBy, string? SortOrder, IReadOnlyList<string>? Select);

/// <summary>Which version is to be the latest.</summary>
sealed record AssistantLatest(int Version);

/// <summary>An assistant to make or change.</summary>
sealed record AssistantInput(string? GraphId, Guid? AssistantId, string? Name, string? Description, JsonElement? Config, JsonElement? Context, JsonElement? Metadata, string? IfExists);

/// <summary>A thread to make.</summary>
/// <param name="Ttl">Minutes that it is kept after its last change, or <c>{"ttl":minutes,"strategy":"delete"|"keep_latest"}</c>.</param>
sealed record ThreadInput(Guid? ThreadId, JsonElement? Metadata, string? IfExists, JsonElement? Ttl, JsonElement? Supersteps);

/// <summary>A change of a thread's metadata, or of how long it is kept.</summary>
sealed record ThreadPatch(JsonElement? Metadata, JsonElement? Ttl);

/// <summary>A change of a thread's metadata.</summary>
sealed record StatePatch(JsonElement Metadata);

/// <summary>A filter for threads.</summary>
sealed record ThreadSearch(JsonElement? Metadata, JsonElement? Values, IReadOnlyList<Guid>? Ids, string? Status, int? Limit, int? Offset, string? SortBy, string? SortOrder,
    IReadOnlyList<string>? Select);

/// <summary>Threads to delete, or to take the history of (<c>strategy: keep_latest</c>).</summary>
sealed record ThreadPrune(IReadOnlyList<Guid> ThreadIds, string? Strategy);

/// <summary>Which checkpoint of a thread to read.</summary>
sealed record StateAt(JsonElement Checkpoint);

/// <summary>Values to lay over a thread's state.</summary>
sealed record StateInput(JsonElement? Values, string? AsNode, JsonElement? Checkpoint, Guid? CheckpointId);

/// <summary>Which part of a thread's history to read.</summary>
sealed record HistoryInput(int? Limit, JsonElement? Before, JsonElement? Metadata, JsonElement? Checkpoint);

/// <summary>A run to start.</summary>
sealed record RunInput(string AssistantId, JsonElement? Input, JsonElement? Config, JsonElement? Context, JsonElement? Metadata, string? Webhook, JsonElement? StreamMode, string? OnDisconnect,
    string? OnCompletion, string? MultitaskStrategy, double? AfterSeconds, string? IfNotExists, JsonElement? Checkpoint, Guid? CheckpointId);

/// <summary>Runs to cancel: by their ids, or all of a status.</summary>
sealed record RunsCancel(Guid? ThreadId, IReadOnlyList<Guid>? RunIds, string? Status);

/// <summary>Runs that the clock starts.</summary>
/// <param name="Schedule">As it was given.</param>
/// <param name="NextRunDate">Null while it is not enabled, and when no time comes any more.</param>
/// <param name="Payload">What each run gets.</param>
sealed record CronView(Guid CronId, Guid AssistantId, Guid? ThreadId, string? OnRunCompleted, DateTimeOffset? EndTime, string Schedule, string? Timezone, DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt, string? UserId, JsonElement Payload, DateTimeOffset? NextRunDate, JsonElement Metadata, bool Enabled);

/// <summary>A cron to make or change, beside what a run has.</summary>
sealed record CronInput(string? AssistantId, string? Schedule, string? Timezone, DateTimeOffset? EndTime, bool? Enabled, string? OnRunCompleted, JsonElement? Input, JsonElement? Config,
    JsonElement? Context, JsonElement? Metadata, string? Webhook, JsonElement? StreamMode, string? MultitaskStrategy);

/// <summary>A filter for crons.</summary>
sealed record CronSearch(string? AssistantId, Guid? ThreadId, bool? Enabled, JsonElement? Metadata, int? Limit, int? Offset, string? SortBy, string? SortOrder, IReadOnlyList<string>? Select);

/// <summary>What this dialect writes: snake case, values as they are stored.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(StoredJson), typeof(StoredTime)])]
[JsonSerializable(typeof(InfoView))]
[JsonSerializable(typeof(OkView))]
[JsonSerializable(typeof(AssistantView))]
[JsonSerializable(typeof(SchemasView))]
[JsonSerializable(typeof(ThreadView))]
[JsonSerializable(typeof(StateView))]
[JsonSerializable(typeof(StateMade))]
[JsonSerializable(typeof(GraphRunView))]
[JsonSerializable(typeof(CronView))]
[JsonSerializable(typeof(JsonElement))]
sealed partial class GraphJson : JsonSerializerContext
{
    /// <summary>The same, leaving readable what only a page's source would have to escape.</summary>
    public static GraphJson Relaxed { get; } = new(ApiJson.Set(new JsonSerializerOptions { Converters = { new StoredTime() } }));
}

/// <summary>Times in UTC, to the microsecond: what was just made is told as it will be read back.</summary>
sealed class StoredTime : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(new DateTime(value.UtcTicks - (value.UtcTicks % TimeSpan.TicksPerMicrosecond), DateTimeKind.Utc));
}
