using System.Globalization;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Threads;

namespace FlowStudio.Web.Api.LangGraph;

/// <summary>Runs that were started: the rest of the SDK's <c>runs</c> client.</summary>
sealed class GraphRunsApi(IThreadRuns runs, IThreadRows threads, GraphStream stream)
{
    public void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("").WithTags("LangGraph runs");
        group.MapGet("/threads/{thread}/runs", ListAsync).WithSummary("A thread's runs, newest first").Produces<IReadOnlyList<GraphRunView>>().Refuses(404, 422);
        group.MapGet("/threads/{thread}/runs/{run}", GetAsync).WithSummary("Read a run").Produces<GraphRunView>().Refuses(404, 422);
        group.MapDelete("/threads/{thread}/runs/{run}", DeleteAsync).WithSummary("Delete an ended run").Produces(204).Refuses(404, 409, 422);
        group.MapGet("/threads/{thread}/runs/{run}/join", JoinAsync).WithSummary("Wait for a run's values").Produces<JsonElement>().Refuses(404, 422);
        group.MapGet("/threads/{thread}/runs/{run}/stream", StreamAsync).WithSummary("Follow a run (server-sent events)")
            .WithDescription("From the event after Last-Event-ID; without one from the first.").Produces(200, contentType: "text/event-stream").Refuses(404, 422);
        group.MapGet("/runs/{run}/stream", (HttpContext context, string run) => StreamAsync(context, thread: null, run)).WithSummary("Follow a run (server-sent events)")
            .Produces(200, contentType: "text/event-stream").Refuses(404, 422);
        group.MapGet("/runs/{run}/join", (HttpContext context, string run) => JoinAsync(context, thread: null, run)).WithSummary("Wait for a run's values")
            .Produces<JsonElement>().Refuses(404, 422);
        group.MapPost("/threads/{thread}/runs/{run}/cancel", CancelAsync).WithSummary("Cancel a run").Produces<JsonElement>().Produces(202).Refuses(404, 422);
        group.MapPost("/runs/cancel", CancelManyAsync).WithSummary("Cancel many runs").Produces(204).Refuses(404, 422);
    }

    async Task ListAsync(HttpContext context, string thread, string? limit, string? offset, string? status, string[]? select)
    {
        var id = GraphErrors.Id("thread", thread);
        var most = Number("limit", limit, 10, 1, 1000);
        var skipped = Number("offset", offset, 0, 0, int.MaxValue);
        ThreadRunStatus? wanted = string.IsNullOrEmpty(status) ? null
            : ThreadNames.Run(status) ?? throw GraphErrors.Invalid("'status' must be one of pending, running, error, success, timeout, interrupted.");
        if (await threads.FindAsync(id, context.RequestAborted) is null)
            throw GraphErrors.Missing(GraphErrors.NoThread);
        var found = await threads.RunsAsync(id, wanted is { } one ? [one] : [], skipped, most + 1 > most ? most + 1 : most, context.RequestAborted);
        await GraphAnswers.WriteListAsync(context, [.. found.Take(most).Select(GraphViews.Of)], GraphJson.Relaxed.GraphRunView, select is { Length: > 0 } ? List(select) : null, skipped,
            found.Count > most);
    }

    async Task GetAsync(HttpContext context, string thread, string run) =>
        await GraphAnswers.WriteAsync(context, GraphViews.Of(await FindAsync(thread, run, context.RequestAborted)), GraphJson.Relaxed.GraphRunView);

    async Task DeleteAsync(HttpContext context, string thread, string run)
    {
        var found = await FindAsync(thread, run, context.RequestAborted);
        if (!await threads.DeleteRunAsync(found.Id, context.RequestAborted))
            throw GraphErrors.Conflict("The run has not ended. Cancel it first.");
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    async Task JoinAsync(HttpContext context, string? thread, string run)
    {
        var found = await FindAsync(thread, run, context.RequestAborted);
        var progress = await runs.FollowAsync(found.Id, context.RequestAborted) ?? throw GraphErrors.Missing(GraphErrors.NoRun);
        GraphHeaders.Set(context.Response, found, "join");
        await stream.WaitAsync(context, found, progress, IsTrue(context.Request.Query["cancel_on_disconnect"]));
    }

    async Task StreamAsync(HttpContext context, string? thread, string run)
    {
        var query = context.Request.Query;
        var found = await FindAsync(thread, run, context.RequestAborted);
        var after = GraphEventId.Read(context.Request.Headers["Last-Event-ID"]);
        var asked = List([.. query["stream_mode"].OfType<string>()]);
        var modes = asked.Count > 0
            ? GraphRunReader.Modes(JsonText.Element(asked, static (json, names) =>
            {
                json.WriteStartArray();
                foreach (var name in names)
                    json.WriteStringValue(name);
                json.WriteEndArray();
            }))
            : GraphRunReader.Modes(found.Request.TryGetProperty("stream_mode", out var own) ? own : null);
        var progress = await runs.FollowAsync(found.Id, context.RequestAborted) ?? throw GraphErrors.Missing(GraphErrors.NoRun);
        GraphHeaders.Set(context.Response, found, "stream");
        await stream.StreamAsync(context, found, progress, modes, after, IsTrue(query["cancel_on_disconnect"]));
    }

    async Task CancelAsync(HttpContext context, string thread, string run)
    {
        var query = context.Request.Query;
        var rollback = Rollback(query["action"]);
        var wait = IsTrue(query["wait"]);
        var found = await FindAsync(thread, run, context.RequestAborted);
        var progress = wait ? await runs.FollowAsync(found.Id, context.RequestAborted) : null;
        await runs.CancelAsync(found.Id, rollback, CancellationToken.None);
        if (progress is not null)
            await stream.WaitAsync(context, found, progress, cancelOnDisconnect: false);
        else
            context.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    async Task CancelManyAsync(HttpContext context, GraphBody<RunsCancel> body)
    {
        const string either = "Give either 'thread_id' and 'run_ids', or 'status'.";
        var fields = body.Fields();
        var rollback = Rollback(context.Request.Query["action"]);
        var status = fields.Choice("status", "pending", "running", "all");
        var threadId = fields.Id("thread_id", "thread");
        var ids = fields.Texts("run_ids")?.Select(id => GraphErrors.Id("run", id)).ToList();
        if ((status is null) == (ids is null) || (ids is not null && threadId is null))
            throw GraphErrors.Invalid(either);
        if (ids is not null)
        {
            var found = new List<ThreadRun>();
            foreach (var id in ids)
                found.Add(await threads.FindRunAsync(id, context.RequestAborted) is { } run && run.ThreadId == threadId ? run : throw GraphErrors.Missing(GraphErrors.NoRun));
            foreach (var run in found)
                await runs.CancelAsync(run.Id, rollback, CancellationToken.None);
        }
        else
        {
            ThreadRunStatus[] statuses = status switch
            {
                "pending" => [ThreadRunStatus.Pending],
                "running" => [ThreadRunStatus.Running],
                _ => [ThreadRunStatus.Pending, ThreadRunStatus.Running],
            };
            var found = await threads.RunsAsync(threadId, statuses, 0, int.MaxValue, context.RequestAborted);
            if (found.Count == 0)
                throw GraphErrors.Missing("No runs found to cancel.");
            foreach (var run in found)
                await runs.CancelAsync(run.Id, rollback, CancellationToken.None);
        }
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    async Task<ThreadRun> FindAsync(string? thread, string run, CancellationToken cancellationToken)
    {
        Guid? threadId = thread is null ? null : GraphErrors.Id("thread", thread);
        var found = await threads.FindRunAsync(GraphErrors.Id("run", run), cancellationToken);
        return found is not null && (threadId is null || found.ThreadId == threadId) ? found : throw GraphErrors.Missing(GraphErrors.NoRun);
    }

    static bool Rollback(string? action) => action switch
    {
        null or "" or "interrupt" => false,
        "rollback" => true,
        _ => throw GraphErrors.Invalid("'action' must be interrupt or rollback."),
    };

    static bool IsTrue(string? text) => text?.ToLowerInvariant() is "1" or "true" or "yes";

    static int Number(string name, string? text, int otherwise, int min, int max) => string.IsNullOrEmpty(text) ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max ? number
        : throw GraphErrors.Invalid(FormattableString.Invariant($"'{name}' must be a whole number from {min} to {max}."));

    /// <summary>A list in a query: repeated, or once as JSON.</summary>
    public static IReadOnlyList<string> List(IReadOnlyList<string> given)
    {
        if (given is not [['[', ..] or ['"', ..]])
            return [.. given.Where(g => g.Length > 0)];
        if (!JsonCheck.TryParse(Encoding.UTF8.GetBytes(given[0]), out var value, out _))
            throw GraphErrors.Invalid("A list in the query must be repeated, or be JSON.");
        return value.ValueKind is JsonValueKind.String ? [value.GetString() ?? ""] : [.. value.EnumerateArray().Select(v => v.ValueKind is JsonValueKind.String ? v.GetString() ?? "" : "")];
    }
}
