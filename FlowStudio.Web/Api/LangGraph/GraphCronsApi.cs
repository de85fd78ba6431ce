using FlowStudio.Engine.Threads;

namespace FlowStudio.Web.Api.LangGraph;

/// <summary><c>/runs/crons</c>: the SDK's <c>crons</c> client.</summary>
sealed class GraphCronsApi(GraphCrons crons, Assistants assistants, IThreadRows threads)
{
    public void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("").WithTags("LangGraph crons");
        group.MapPost("/runs/crons", (HttpContext context, GraphBody<CronInput> body) => CreateAsync(context, thread: null, body)).WithSummary("Make a cron whose runs have threads of their own")
            .WithDescription("Five fields as Unix has them; a sixth, the second, comes last.").Produces<CronView>().Refuses(400, 404, 422);
        group.MapPost("/threads/{thread}/runs/crons", (HttpContext context, string thread, GraphBody<CronInput> body) => CreateAsync(context, thread, body))
            .WithSummary("Make a cron whose runs are on a thread").Produces<CronView>().Refuses(400, 404, 422);
        group.MapPost("/runs/crons/search", SearchAsync).WithSummary("List crons").Produces<IReadOnlyList<CronView>>().Refuses(404, 422);
        group.MapPost("/runs/crons/count", CountAsync).WithSummary("How many crons there are").Produces<int>().Refuses(404, 422);
        group.MapGet("/runs/crons/{cron}", GetAsync).WithSummary("Read a cron").Produces<CronView>().Refuses(404, 422);
        group.MapPatch("/runs/crons/{cron}", PatchAsync).WithSummary("Change a cron").WithDescription("What is left out stays as it is.").Produces<CronView>().Refuses(400, 404, 422);
        group.MapDelete("/runs/crons/{cron}", DeleteAsync).WithSummary("Delete a cron").WithDescription("Its runs stay.").Produces(204).Refuses(404, 422);
    }

    async Task CreateAsync(HttpContext context, string? thread, GraphBody<CronInput> body)
    {
        Guid? threadId = thread is null ? null : GraphErrors.Id("thread", thread);
        var fields = body.Fields();
        if (threadId is { } id && await threads.FindAsync(id, context.RequestAborted) is null)
            throw GraphErrors.Missing(GraphErrors.NoThread);
        var (cron, schedule) = await crons.CreateAsync(fields, threadId, context.RequestAborted);
        await GraphAnswers.WriteAsync(context, GraphCrons.View(cron, schedule), GraphJson.Relaxed.CronView);
    }

    async Task GetAsync(HttpContext context, string cron)
    {
        var (found, schedule) = await crons.FindAsync(GraphErrors.Id("cron", cron), context.RequestAborted) ?? throw Missing(cron);
        await GraphAnswers.WriteAsync(context, GraphCrons.View(found, schedule), GraphJson.Relaxed.CronView);
    }

    async Task PatchAsync(HttpContext context, string cron, GraphBody<CronInput> body)
    {
        var (changed, schedule) = await crons.UpdateAsync(GraphErrors.Id("cron", cron), body.Fields(), context.RequestAborted) ?? throw Missing(cron);
        await GraphAnswers.WriteAsync(context, GraphCrons.View(changed, schedule), GraphJson.Relaxed.CronView);
    }

    async Task DeleteAsync(HttpContext context, string cron)
    {
        if (!await crons.DeleteAsync(GraphErrors.Id("cron", cron), context.RequestAborted))
            throw Missing(cron);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    async Task SearchAsync(HttpContext context, GraphBody<CronSearch> body)
    {
        var fields = body.Fields(optional: true);
        var (limit, offset, select) = (fields.Limit(), fields.Offset(), fields.Texts("select"));
        var sort = fields.Choice("sort_by", "cron_id", "assistant_id", "thread_id", "created_at", "updated_at", "next_run_date", "end_time");
        var ascending = fields.Choice("sort_order", "asc", "desc") == "asc";
        var found = await MatchesAsync(fields, context.RequestAborted);
        Func<CronView, object?> key = sort switch
        {
            "cron_id" => c => c.CronId,
            "assistant_id" => c => c.AssistantId,
            "thread_id" => c => c.ThreadId,
            "updated_at" => c => c.UpdatedAt,
            "next_run_date" => c => c.NextRunDate,
            "end_time" => c => c.EndTime,
            _ => c => c.CreatedAt,
        };
        var sorted = ascending ? found.OrderBy(key).ThenBy(c => c.CronId) : found.OrderByDescending(key).ThenByDescending(c => c.CronId);
        await GraphAnswers.WriteListAsync(context, [.. sorted.Skip(offset).Take(limit)], GraphJson.Relaxed.CronView, select, offset, found.Count > (long)offset + limit);
    }

    async Task CountAsync(HttpContext context, GraphBody<CronSearch> body) =>
        await GraphAnswers.WriteAsync(context, (await MatchesAsync(body.Fields(optional: true), context.RequestAborted)).Count);

    async Task<IReadOnlyList<CronView>> MatchesAsync(GraphFields fields, CancellationToken cancellationToken)
    {
        var threadId = fields.Id("thread_id", "thread");
        var enabled = fields.Flag("enabled");
        var metadata = fields.Object("metadata");
        Guid? assistant = fields.Text("assistant_id") is { } name ? (await assistants.FindAsync(name, cancellationToken)).Id : null;
        return [.. (await crons.ListAsync(threadId, cancellationToken)).Select(c => GraphCrons.View(c.Cron, c.Schedule)).Where(c => (assistant is null || c.AssistantId == assistant)
            && (enabled is null || c.Enabled == enabled) && (metadata is not { } wanted || JsonContains.In(c.Metadata, wanted)))];
    }

    static ApiException Missing(string cron) => GraphErrors.Missing($"Cron with ID {cron} not found");
}
