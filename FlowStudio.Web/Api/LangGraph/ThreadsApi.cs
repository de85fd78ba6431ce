using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Secrets;
using FlowStudio.Engine.Threads;

namespace FlowStudio.Web.Api.LangGraph;

/// <summary><c>/threads</c>: the SDK's <c>threads</c> client, but for their state.</summary>
sealed class ThreadsApi(IThreadRows threads, ThreadKeeper keeper, SecretRedactor redactor, TimeProvider time)
{
    const int MostSupersteps = 1000;

    public void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/threads").WithTags("LangGraph threads");
        group.MapPost("", CreateAsync).WithSummary("Make a thread").Produces<ThreadView>().Refuses(409, 422);
        group.MapPost("/search", SearchAsync).WithSummary("List threads").Produces<IReadOnlyList<ThreadView>>().Refuses(422);
        group.MapPost("/count", CountAsync).WithSummary("How many threads there are").Produces<int>().Refuses(422);
        group.MapPost("/prune", PruneAsync).WithSummary("Delete many threads, or their history").Produces<JsonElement>().Refuses(422);
        group.MapGet("/{thread}", GetAsync).WithSummary("Read a thread").Produces<ThreadView>().Refuses(404, 422);
        group.MapPatch("/{thread}", PatchAsync).WithSummary("Change a thread's metadata, and how long it is kept").Produces<ThreadView>().Produces(204).Refuses(404, 422);
        group.MapDelete("/{thread}", DeleteAsync).WithSummary("Delete a thread with its runs").Produces(204).Refuses(404, 422);
        group.MapPost("/{thread}/copy", CopyAsync).WithSummary("Copy a thread with its history").Produces<ThreadView>().Refuses(409, 422);
    }

    async Task CreateAsync(HttpContext context, GraphBody<ThreadInput> body)
    {
        var fields = body.Fields(optional: true);
        var ttl = Ttl(fields);
        var now = time.GetUtcNow();
        var id = fields.Id("thread_id", "thread") ?? Ids.New(time, now);
        var exists = fields.Choice("if_exists", "raise", "do_nothing");
        var thread = new StateThread
        {
            Id = id,
            Metadata = redactor.Redact(fields.Object("metadata") ?? JsonText.EmptyObject),
            Ttl = ttl,
            CreatedAt = now,
            UpdatedAt = now,
        };
        var checkpoints = Supersteps(fields, id);
        if (checkpoints is [.., var newest])
            thread = thread with { Values = newest.Values, HeadId = newest.Id, StateAt = now };
        if (!await threads.AddAsync(thread, checkpoints, context.RequestAborted))
        {
            if (exists is not "do_nothing")
                throw GraphErrors.Conflict($"Thread with ID {id} already exists");
            thread = await FindAsync(id, context.RequestAborted);
        }
        await GraphAnswers.WriteAsync(context, GraphViews.Of(thread), GraphJson.Relaxed.ThreadView);
    }

    /// <summary>States that the thread is to have had, oldest first.</summary>
    List<Checkpoint> Supersteps(GraphFields fields, Guid threadId)
    {
        var made = new List<Checkpoint>();
        if (fields.Json("supersteps") is not { } steps)
            return made;
        const string form = "'supersteps' must be a list of at most 1000 {\"updates\":[{\"values\":{…},\"as_node\":\"…\"}]}.";
        if (steps.ValueKind is not JsonValueKind.Array || steps.GetArrayLength() > MostSupersteps)
            throw GraphErrors.Invalid(form);
        JsonElement? state = null;
        foreach (var step in steps.EnumerateArray())
        {
            if (step.ValueKind is not JsonValueKind.Object || !step.TryGetProperty("updates", out var updates) || updates.ValueKind is not JsonValueKind.Array)
                throw GraphErrors.Invalid(form);
            string? node = null;
            foreach (var update in updates.EnumerateArray())
            {
                if (update.ValueKind is not JsonValueKind.Object)
                    throw GraphErrors.Invalid(form);
                var one = new GraphFields(update);
                if (one.Json("command") is not null)
                    throw GraphErrors.Invalid("'command' in 'supersteps' is not supported here: a flow has no place to go to. Give 'values'.");
                node = one.Text("as_node") ?? node;
                state = StateFold.Apply(state, ThreadStateApi.Values(one, redactor), () => Ids.New(time));
            }
            var now = time.GetUtcNow();
            made.Add(new()
            {
                Id = Ids.New(time, now),
                ThreadId = threadId,
                ParentId = made.Count > 0 ? made[^1].Id : null,
                Values = state ?? StateFold.Apply(null, JsonText.EmptyObject, () => Ids.New(time)),
                Source = "update",
                Step = made.Count,
                Node = node,
                CreatedAt = now,
            });
        }
        return made;
    }

    async Task SearchAsync(HttpContext context, GraphBody<ThreadSearch> body)
    {
        var fields = body.Fields(optional: true);
        var (limit, offset, select) = (fields.Limit(), fields.Offset(), fields.Texts("select"));
        var sort = fields.Choice("sort_by", "thread_id", "status", "created_at", "updated_at", "state_updated_at");
        var filter = Filter(fields) with
        {
            Ascending = fields.Choice("sort_order", "asc", "desc") == "asc",
            Sort = sort switch
            {
                "thread_id" => ThreadSort.ThreadId,
                "status" => ThreadSort.Status,
                "updated_at" => ThreadSort.UpdatedAt,
                "state_updated_at" => ThreadSort.StateUpdatedAt,
                _ => ThreadSort.CreatedAt,
            },
        };
        var (found, more) = await threads.SearchAsync(filter, offset, limit, context.RequestAborted);
        await GraphAnswers.WriteListAsync(context, [.. found.Select(GraphViews.Of)], GraphJson.Relaxed.ThreadView, select, offset, more);
    }

    async Task CountAsync(HttpContext context, GraphBody<ThreadSearch> body) =>
        await GraphAnswers.WriteAsync(context, await threads.CountAsync(Filter(body.Fields(optional: true)), context.RequestAborted));

    static ThreadFilter Filter(GraphFields fields) => new()
    {
        Metadata = fields.Object("metadata"),
        Values = fields.Object("values"),
        Ids = fields.Texts("ids")?.Select(id => GraphErrors.Id("thread", id)).ToList(),
        Status = fields.Choice("status", "idle", "busy", "interrupted", "error") is { } status ? ThreadNames.Thread(status) : null,
    };

    async Task PruneAsync(HttpContext context, GraphBody<ThreadPrune> body)
    {
        var fields = body.Fields();
        var ids = (fields.Texts("thread_ids") ?? throw GraphErrors.Invalid("'thread_ids' is missing. It must be a list of UUIDs.")).Select(id => GraphErrors.Id("thread", id)).ToList();
        var keepLatest = fields.Choice("strategy", "delete", "keep_latest") == "keep_latest";
        var pruned = 0;
        foreach (var id in ids)
            pruned += await (keepLatest ? threads.PruneAsync(id, context.RequestAborted) : keeper.DeleteAsync(id, context.RequestAborted)) ? 1 : 0;
        await GraphAnswers.WriteRawAsync(context, FormattableString.Invariant($"{{\"pruned_count\":{pruned}}}"));
    }

    async Task GetAsync(HttpContext context, string thread)
    {
        var found = await FindAsync(GraphErrors.Id("thread", thread), context.RequestAborted);
        // A list in a query: repeated, or as JSON.
        var withTtl = found.Ttl is not null && context.Request.Query["include"].Any(i => i?.Contains("ttl", StringComparison.Ordinal) is true);
        await GraphAnswers.WriteAsync(context, GraphViews.Of(found) with { Ttl = withTtl ? GraphViews.Ttl(found) : null }, GraphJson.Relaxed.ThreadView);
    }

    async Task PatchAsync(HttpContext context, string thread, GraphBody<ThreadPatch> body)
    {
        var id = GraphErrors.Id("thread", thread);
        var fields = body.Fields();
        var ttl = Ttl(fields);
        var metadata = redactor.Redact(fields.Object("metadata") ?? JsonText.EmptyObject);
        var changed = await threads.PatchAsync(id, metadata, ttl, time.GetUtcNow(), context.RequestAborted) ?? throw Missing(id);
        if (context.Request.Headers["Prefer"].ToString().Contains("return=minimal", StringComparison.OrdinalIgnoreCase))
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        else
            await GraphAnswers.WriteAsync(context, GraphViews.Of(changed), GraphJson.Relaxed.ThreadView);
    }

    async Task DeleteAsync(HttpContext context, string thread)
    {
        var id = GraphErrors.Id("thread", thread);
        if (!await keeper.DeleteAsync(id, context.RequestAborted))
            throw Missing(id);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    async Task CopyAsync(HttpContext context, string thread)
    {
        var now = time.GetUtcNow();
        // 409, as the platform has it for one that is not there.
        var copy = await threads.CopyAsync(GraphErrors.Id("thread", thread), Ids.New(time, now), now, context.RequestAborted) ?? throw GraphErrors.Conflict(GraphErrors.NoThread);
        await GraphAnswers.WriteAsync(context, GraphViews.Of(copy), GraphJson.Relaxed.ThreadView);
    }

    /// <summary>Minutes, or an object with them; null when it is left out.</summary>
    static ThreadTtl? Ttl(GraphFields fields)
    {
        if (fields.Json("ttl") is not { } ttl)
            return null;
        var keepLatest = false;
        if (ttl.ValueKind is JsonValueKind.Object)
        {
            var inner = new GraphFields(ttl);
            keepLatest = inner.Choice("strategy", "delete", "keep_latest") == "keep_latest";
            ttl = inner.Json("ttl") ?? inner.Json("default_ttl") ?? default;
        }
        return ttl.ValueKind is JsonValueKind.Number && ttl.TryGetDouble(out var minutes) && minutes is > 0 and <= ThreadTtl.MostMinutes
            ? new(minutes, keepLatest)
            : throw GraphErrors.Invalid(FormattableString.Invariant($"'ttl' must be minutes, more than 0 and at most {ThreadTtl.MostMinutes}, or {{\"ttl\":minutes,\"strategy\":\"delete\"|\"keep_latest\"}}."));
    }

    async Task<StateThread> FindAsync(Guid id, CancellationToken cancellationToken) => await threads.FindAsync(id, cancellationToken) ?? throw Missing(id);

    static ApiException Missing(Guid id) => GraphErrors.Missing($"Thread with ID {id} not found");
}
