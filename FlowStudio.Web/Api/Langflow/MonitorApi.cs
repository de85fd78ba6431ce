using System.Text.Json;
using System.Text.Json.Nodes;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Api.Langflow.Files;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Api.Langflow;

/// <summary><c>/api/v1/monitor/messages</c>: what was said in the sessions of flows.</summary>
sealed class MonitorApi(IFlowStore flows, IRunStore runs, IChatThreads threads, SecretRedactor redactor, TimeProvider time)
{
    const int MaxMessages = 1000;
    const int MaxSessions = 1000;
    const int MaxName = 256;

    public void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/monitor/messages").Access(AccessRule.Api).WithTags("Langflow");
        group.MapGet("/", (Delegate)FastApi.Handle(ListAsync)).WithSummary("Messages of a session, or of a flow's sessions (Langflow)");
        group.MapGet("/sessions", (Delegate)FastApi.Handle(SessionsAsync)).WithSummary("Session ids (Langflow)");
        group.MapDelete("/", (Delegate)FastApi.Handle(DeleteMessagesAsync)).WithSummary("Delete messages (Langflow)").WithDescription("The body is a list of ids; those that are not there are passed over.");
        group.MapPut("/{message_id}", (Delegate)FastApi.Handle(ChangeAsync)).WithSummary("Change a message (Langflow)");
        group.MapPatch("/session/{session_id}", (Delegate)FastApi.Handle(RenameAsync)).WithSummary("Give a session another id (Langflow)").WithDescription("When there is a session of the new id already, the messages join it.");
        group.MapDelete("/session/{session_id}", (Delegate)FastApi.Handle(DeleteAsync)).WithSummary("Delete a session's messages (Langflow)");
    }

    async Task ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var (sender, name) = (query["sender"].ToString(), query["sender_name"].ToString());
        var found = new List<(Guid Flow, string Session, ThreadMessage Message)>();
        foreach (var flow in await FlowsAsync(context))
        {
            foreach (var (thread, session) in await ThreadsAsync(flow, query["session_id"].ToString(), context.RequestAborted))
                found.AddRange((await runs.MessagesAsync(thread, MaxMessages, context.RequestAborted)).Select(m => (flow, session, m)));
        }
        var shown = found.Where(f => (sender.Length == 0 || f.Message.Sender == sender) && (name.Length == 0 || f.Message.SenderName == name))
            .OrderBy(f => f.Message.Id.ToString(), StringComparer.Ordinal).TakeLast(MaxMessages);
        await FastApi.WriteAsync(context, StatusCodes.Status200OK, new JsonArray([.. shown.Select(f => (JsonNode?)View(f.Flow, f.Session, f.Message))]));
    }

    async Task SessionsAsync(HttpContext context)
    {
        var keys = new List<string>();
        foreach (var flow in await FlowsAsync(context))
            keys.AddRange((await threads.ListAsync(flow, prefix: "", MaxSessions, context.RequestAborted)).Select(t => t.Key));
        await FastApi.WriteAsync(context, StatusCodes.Status200OK, new JsonArray([.. keys.Distinct(StringComparer.Ordinal).Select(k => (JsonNode?)k)]));
    }

    async Task DeleteAsync(HttpContext context)
    {
        var session = Session(context);
        foreach (var flow in await FlowsAsync(context))
            await threads.DeleteAsync(ThreadIds.Of(flow, session), context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    async Task RenameAsync(HttpContext context)
    {
        var old = Session(context);
        var session = context.Request.Query["new_session_id"].ToString();
        if (session.Length == 0)
            throw FastApiException.Invalid("missing", "Field required", "query", "new_session_id");
        if (session.Length > RunWish.MaxSession)
            throw FastApiException.Invalid("string_too_long", $"String should have at most {RunWish.MaxSession} characters", "query", "new_session_id");
        session = redactor.Redact(session);
        var moved = new List<(Guid Flow, ThreadMessage Message)>();
        foreach (var flow in await FlowsAsync(context))
        {
            var renamed = new ChatThread(ThreadIds.Of(flow, session), flow, session, time.GetUtcNow());
            foreach (var message in await threads.RenameAsync(ThreadIds.Of(flow, old), renamed, m => With(m, new() { ["session_id"] = session }), context.RequestAborted))
                moved.Add((flow, message));
        }
        if (moved.Count == 0)
            throw new FastApiException(StatusCodes.Status404NotFound, "No messages found with the given session ID");
        await FastApi.WriteAsync(context, StatusCodes.Status200OK, new JsonArray([.. moved.OrderBy(m => m.Message.Id.ToString(), StringComparer.Ordinal).Select(m => (JsonNode?)View(m.Flow, session, m.Message))]));
    }

    /// <summary>What is left out stays; a text that becomes another is marked as edited.</summary>
    async Task ChangeAsync(HttpContext context)
    {
        var id = FastApi.Id(context, "message_id");
        var body = FastApi.Object(await FastApi.ReadAsync(context));
        var change = new JsonObject();
        foreach (var (name, most) in (ReadOnlySpan<(string, int)>)[("text", RunWish.MaxText), ("sender", MaxName), ("sender_name", MaxName)])
        {
            if (FastApi.Text(body, name, most) is { } text)
                change[name] = redactor.Redact(text);
        }
        foreach (var (name, kind) in (ReadOnlySpan<(string, string)>)[("edit", "bool"), ("error", "bool"), ("files", "list"), ("properties", "dict"), ("content_blocks", "list"), ("category", "string")])
        {
            var value = LangflowNode.Member(body, name);
            if (value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
                continue;
            if (!Fits(value, kind))
                throw FastApiException.Invalid($"{kind}_type", $"Input should be a valid {(kind == "dict" ? "dictionary" : kind == "bool" ? "boolean" : kind)}", "body", name);
            change[name] = JsonNode.Parse(redactor.Redact(value).GetRawText());
        }
        if (await threads.ChangeMessageAsync(id, m => With(m, change), context.RequestAborted) is not { } changed)
            throw new FastApiException(StatusCodes.Status404NotFound, "Message not found");
        await FastApi.WriteAsync(context, StatusCodes.Status200OK, View(changed.Thread.FlowId, changed.Thread.ExternalKey ?? changed.Thread.Id.ToString(), changed.Message));
    }

    async Task DeleteMessagesAsync(HttpContext context)
    {
        await threads.DeleteMessagesAsync(FastApi.Ids(await FastApi.ReadAsync(context), MaxMessages), context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    static bool Fits(JsonElement value, string kind) => kind switch
    {
        "bool" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "list" => value.ValueKind is JsonValueKind.Array,
        "dict" => value.ValueKind is JsonValueKind.Object,
        _ => value.ValueKind is JsonValueKind.String,
    };

    /// <summary>The message with some of its properties changed.</summary>
    static ThreadMessage With(ThreadMessage message, JsonObject change)
    {
        var json = JsonNode.Parse(message.Json.GetRawText()) as JsonObject ?? [];
        foreach (var (name, value) in change)
            json[name] = value?.DeepClone();
        var text = Text("text") ?? message.Text;
        if (text != message.Text)
            json["edit"] = true;
        return message with { Sender = Text("sender") ?? message.Sender, SenderName = Text("sender_name") ?? message.SenderName, Text = text, Json = KeptFile.ToElement(json) };

        string? Text(string name) => change[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
    }

    /// <summary>The session of the path, in which a slash stays encoded.</summary>
    static string Session(HttpContext context) => (context.Request.RouteValues["session_id"] as string ?? "").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);

    /// <summary>The flow that the query names, else all.</summary>
    async Task<List<Guid>> FlowsAsync(HttpContext context)
    {
        if (context.Request.Query["flow_id"].ToString() is { Length: > 0 } given)
            return Guid.TryParse(given, out var id) ? [id] : throw FastApiException.Invalid("uuid_parsing", "Input should be a valid UUID", "query", "flow_id");
        var all = new List<Guid>();
        string? cursor = null;
        do
        {
            var page = await flows.ListAsync(search: null, cursor, limit: 500, context.RequestAborted);
            all.AddRange(page.Items.Select(f => f.Id));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return all;
    }

    async Task<IReadOnlyList<(Guid Thread, string Session)>> ThreadsAsync(Guid flow, string session, CancellationToken cancellationToken) => session.Length > 0
        ? [(ThreadIds.Of(flow, session), session)]
        : [.. (await threads.ListAsync(flow, prefix: "", MaxSessions, cancellationToken)).Select(t => (t.Id, t.Key))];

    static JsonObject View(Guid flow, string session, ThreadMessage message)
    {
        var view = JsonNode.Parse(message.Json.GetRawText()) as JsonObject ?? [];
        view["id"] = message.Id.ToString();
        view["flow_id"] = flow.ToString();
        view["timestamp"] = RunEnvelope.Iso(LangflowNode.Text(message.Json, "timestamp"));
        view["sender"] = message.Sender;
        view["sender_name"] = message.SenderName;
        view["session_id"] = session;
        view["text"] = message.Text;
        return view;
    }
}
