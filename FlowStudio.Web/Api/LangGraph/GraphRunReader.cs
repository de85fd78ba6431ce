using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Callbacks;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Threads;

namespace FlowStudio.Web.Api.LangGraph;

/// <summary>A run as a caller wants it.</summary>
/// <param name="Modes">What its stream shows when nobody asks for anything else.</param>
/// <param name="CancelOnDisconnect">It ends when who waits for it leaves.</param>
sealed record GraphRunWish(ThreadRunRequest Run, IReadOnlyList<string> Modes, bool CancelOnDisconnect);

/// <summary>Makes a wish for a run out of a body.</summary>
sealed class GraphRunReader(Assistants assistants, CompletionWebhooks webhooks)
{
    /// <summary>A year: no caller waits longer, and no timer need be.</summary>
    const double LongestDelay = 31_536_000;

    static readonly string[] StreamModes = ["values", "messages", "messages-tuple", "updates", "events", "debug", "tasks", "checkpoints", "custom"];

    /// <param name="threadId">The thread of the address; null for a run without one.</param>
    /// <exception cref="ApiException">Something in it is wrong (422, or 400 where the platform says so), or there is no such flow (404).</exception>
    public async Task<GraphRunWish> ReadAsync(GraphFields fields, Guid? threadId, CancellationToken cancellationToken)
    {
        var name = fields.Required("assistant_id");
        var (resume, update) = Command(fields, threadId);
        var modes = Modes(fields.Json("stream_mode"));
        var input = Input(fields);
        var config = fields.Object("config");
        var context = fields.Object("context");
        AssistantFields.Check(config, context);
        var metadata = fields.Object("metadata") ?? JsonText.EmptyObject;
        var after = fields.Number("after_seconds", 0, LongestDelay) ?? 0;
        var create = fields.Choice("if_not_exists", "reject", "create") == "create";
        var keep = fields.Choice("on_completion", "delete", "keep") == "keep";
        var leave = fields.Choice("on_disconnect", "cancel", "continue") == "cancel";
        var strategy = fields.Choice("multitask_strategy", "reject", "rollback", "interrupt", "enqueue") is { } chosen ? ThreadNames.Strategy(chosen) : null;
        fields.Choice("durability", "sync", "async", "exit");
        foreach (var flag in (ReadOnlySpan<string>)["stream_subgraphs", "stream_resumable", "checkpoint_during"])
            fields.Flag(flag);
        fields.Texts("feedback_keys");
        var from = ThreadStateApi.Named(fields);
        var callback = Callback(fields);
        var assistant = await assistants.FindAsync(name, cancellationToken);
        var (wholeConfig, wholeContext) = (AssistantFields.Merge(assistant.Config, config ?? JsonText.EmptyObject), JsonContains.Merge(assistant.Context, context ?? JsonText.EmptyObject));
        var document = await assistants.DocumentAsync(assistant.Flow, cancellationToken);
        var run = new ThreadRunRequest
        {
            FlowId = assistant.Flow.Id,
            AssistantId = assistant.Id,
            Presets = AssistantFields.Presets(document, wholeConfig, wholeContext),
            Stops = Stops(fields, wholeConfig, document),
            Continues = input.ValueKind is JsonValueKind.Null,
            Resume = resume,
            Update = update,
            ThreadId = threadId,
            CreateThread = create,
            Temporary = threadId is null && !keep,
            Input = input,
            Metadata = JsonContains.Merge(assistant.Metadata, Named(assistant, metadata)),
            ThreadMetadata = Named(assistant, JsonText.EmptyObject),
            Strategy = strategy ?? MultitaskStrategy.Enqueue,
            FromId = from,
            Callback = callback,
            After = TimeSpan.FromSeconds(after),
            Request = (id, thread) => Kwargs(fields, assistant, wholeConfig, wholeContext, modes, id, thread, threadId is null && !keep),
        };
        return new(run, modes, leave);
    }

    /// <summary>Modes of a stream: a name, or a list of them.</summary>
    /// <exception cref="ApiException">One is unknown.</exception>
    public static IReadOnlyList<string> Modes(JsonElement? given)
    {
        IReadOnlyList<string> modes = given switch
        {
            null => ["values"],
            { ValueKind: JsonValueKind.String } one => [one.GetString() ?? ""],
            { ValueKind: JsonValueKind.Array } many when many.EnumerateArray().All(m => m.ValueKind is JsonValueKind.String) => [.. many.EnumerateArray().Select(m => m.GetString() ?? "").Distinct()],
            _ => throw GraphErrors.Invalid("'stream_mode' must be a text or a list of texts."),
        };
        return modes.FirstOrDefault(m => !StreamModes.Contains(m)) is { } unknown
            ? throw GraphErrors.Invalid($"'stream_mode' has '{(unknown.Length > 40 ? unknown[..40] + "…" : unknown)}'; there is {string.Join(", ", StreamModes)}.")
            : modes;
    }

    static JsonElement Input(GraphFields fields)
    {
        if (fields.Json("input") is not { } input)
            return JsonText.Null;
        if (StateFold.HasMessages(input) && StateMessages.Problem(input.GetProperty("messages")) is { } problem)
            throw GraphErrors.Invalid(problem);
        return input;
    }

    /// <summary>An answer, and values to lay over the state, to go on with; null where there is none.</summary>
    /// <exception cref="ApiException">The command has no place in a flow, or needs a thread.</exception>
    static (JsonElement? Resume, JsonElement? Update) Command(GraphFields fields, Guid? threadId)
    {
        if (fields.Object("command") is not { } command)
            return default;
        var inner = new GraphFields(command);
        if (inner.Json("goto") is { } to && (to.ValueKind is not JsonValueKind.Array || to.GetArrayLength() > 0))
            throw GraphErrors.Invalid("'command.goto' has no place in a flow: which node runs next is in its edges. Give 'resume' or 'update'.");
        var update = inner.Json("update") is null ? (JsonElement?)null : ThreadStateApi.Checked(inner.Json("update"), "command.update");
        var resume = inner.Json("resume");
        if (threadId is null && (resume is not null || update is not null))
            throw ApiException.BadRequest("invalid", resume is not null ? "'command.resume' needs a thread." : "'command.update' needs a thread.");
        if (fields.Json("input") is not null && (resume is not null || update is not null))
            throw GraphErrors.Invalid("Give either 'input', which begins anew, or 'command', which goes on from where the thread is.");
        return (resume, update);
    }

    /// <summary>Where the run is to stop: its own wish, or else the configuration's.</summary>
    /// <exception cref="ApiException">There is no such node in the flow.</exception>
    static RunStops Stops(GraphFields fields, JsonElement config, FlowDocument document)
    {
        var configured = new GraphFields(config);
        return new(Nodes("interrupt_before"), Nodes("interrupt_after"));

        IReadOnlyList<string> Nodes(string name)
        {
            if ((fields.Json(name) ?? configured.Json(name)) is not { } given)
                return [];
            if (given.ValueKind is not JsonValueKind.String && (given.ValueKind is not JsonValueKind.Array || given.EnumerateArray().Any(n => n.ValueKind is not JsonValueKind.String)))
                throw GraphErrors.Invalid($"'{name}' must be \"*\" or a list of nodes.");
            var nodes = given.ValueKind is JsonValueKind.String ? [given.GetString() ?? ""] : given.EnumerateArray().Select(n => n.GetString() ?? "").Distinct(StringComparer.Ordinal).ToList();
            return nodes.FirstOrDefault(n => n != "*" && document.Node(n) is null) is { } unknown
                ? throw GraphErrors.Invalid($"'{name}' has '{(unknown.Length > 64 ? unknown[..64] + "…" : unknown)}', which is no node of the flow. Its nodes are {string.Join(", ", document.Nodes.Take(50).Select(n => n.Id))}.")
                : nodes;
        }
    }

    /// <summary>Whom to tell of the run's end.</summary>
    CallbackTarget? Callback(GraphFields fields)
    {
        if (fields.Text("webhook", maxLength: 65_536) is not { } url)
            return null;
        if (url.Length == 0)
            throw GraphErrors.Invalid("'webhook' is empty. It must be an absolute URL.");
        // On the platform such a URL calls the server itself, past its access checks.
        if (url[0] == '/')
            throw GraphErrors.Invalid("'webhook' must be an absolute URL: one that starts with / would call this server itself.");
        return webhooks.Refuse(url) is { } why ? throw GraphErrors.Invalid($"'webhook': {why}") : new(url, CallbackSource.Call, GraphCallback.KindName);
    }

    static JsonElement Named(NamedAssistant assistant, JsonElement metadata) => JsonContains.Merge(
        JsonText.Element(assistant, static (json, a) =>
        {
            json.WriteStartObject();
            json.WriteString("graph_id"u8, Assistants.GraphId(a.Flow));
            json.WriteString("assistant_id"u8, a.Id);
            json.WriteEndObject();
        }),
        metadata);

    static JsonElement Kwargs(
        GraphFields fields, NamedAssistant assistant, JsonElement config, JsonElement context, IReadOnlyList<string> modes, Guid runId, Guid threadId, bool temporary) =>
        JsonText.Element((fields, assistant, config, context, modes, runId, threadId, temporary), static (json, k) =>
        {
            json.WriteStartObject();
            json.WriteStartObject("config"u8);
            foreach (var member in k.config.EnumerateObject().Where(m => m.Name != "configurable"))
                member.WriteTo(json);
            json.WriteStartObject("configurable"u8);
            foreach (var member in AssistantFields.Configurable(k.config).EnumerateObject().Where(m => m.Name is not ("run_id" or "thread_id" or "graph_id" or "assistant_id")))
                member.WriteTo(json);
            json.WriteString("run_id"u8, k.runId);
            json.WriteString("thread_id"u8, k.threadId);
            json.WriteString("graph_id"u8, Assistants.GraphId(k.assistant.Flow));
            json.WriteString("assistant_id"u8, k.assistant.Id);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WritePropertyName("context"u8);
            k.context.WriteTo(json);
            json.WriteStartArray("stream_mode"u8);
            foreach (var mode in k.modes)
                json.WriteStringValue(mode);
            json.WriteEndArray();
            json.WriteBoolean("temporary"u8, k.temporary);
            json.WriteBoolean("subgraphs"u8, k.fields.Flag("stream_subgraphs") ?? false);
            json.WriteBoolean("resumable"u8, value: true);
            foreach (var name in (ReadOnlySpan<string>)["command", "interrupt_before", "interrupt_after", "webhook", "feedback_keys", "durability", "checkpoint_during", "checkpoint_id"])
            {
                if (k.fields.Json(name) is not { } value)
                    continue;
                json.WritePropertyName(name);
                value.WriteTo(json);
            }
            json.WriteEndObject();
        });
}
