using System.Text.Json.Nodes;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Api.Langflow.Files;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Api.Langflow;

/// <summary><c>/api/v1/monitor/messages</c>: what was said in the sessions of flows.</summary>
sealed class MonitorApi(IFlowStore flows, IRunStore runs, IChatThreads threads)
{
    const int MaxMessages = 1000;
    const int MaxSessions = 1000;

    public void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/monitor/messages").Access(AccessRule.Api).WithTags("Langflow");
        group.MapGet("/", (Delegate)FastApi.Handle(ListAsync)).WithSummary("Messages of a session, or of a flow's sessions (Langflow)");
        group.MapGet("/sessions", (Delegate)FastApi.Handle(SessionsAsync)).WithSummary("Session ids (Langflow)");
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
        var session = context.Request.RouteValues["session_id"] as string ?? "";
        foreach (var flow in await FlowsAsync(context))
            await threads.DeleteAsync(ThreadIds.Of(flow, session), context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

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
