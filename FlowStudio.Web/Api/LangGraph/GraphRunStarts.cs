using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Threads;

namespace FlowStudio.Web.Api.LangGraph;

/// <summary>Starts runs, on threads and without: create, wait, stream, batch.</summary>
sealed class GraphRunStarts(IThreadRuns runs, IThreadRows threads, GraphRunReader reader, GraphStream stream)
{
    const int MostAtOnce = 1000;

    public void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("").WithTags("LangGraph runs");
        group.MapPost("/threads/{thread}/runs", (HttpContext context, string thread, GraphBody<RunInput> body) => CreateAsync(context, thread, body)).WithSummary("Start a run on a thread")
            .Produces<GraphRunView>().Refuses(400, 404, 409, 422);
        group.MapPost("/threads/{thread}/runs/wait", (HttpContext context, string thread, GraphBody<RunInput> body) => WaitAsync(context, thread, body))
            .WithSummary("Start a run on a thread and wait for its values").Produces<JsonElement>().Refuses(400, 404, 409, 422);
        group.MapPost("/threads/{thread}/runs/stream", (HttpContext context, string thread, GraphBody<RunInput> body) => StreamAsync(context, thread, body))
            .WithSummary("Start a run on a thread and follow it (server-sent events)").Produces(200, contentType: "text/event-stream").Refuses(400, 404, 409, 422);
        group.MapPost("/runs", (HttpContext context, GraphBody<RunInput> body) => CreateAsync(context, thread: null, body)).WithSummary("Start a run without a thread")
            .Produces<GraphRunView>().Refuses(400, 404, 422);
        group.MapPost("/runs/wait", (HttpContext context, GraphBody<RunInput> body) => WaitAsync(context, thread: null, body)).WithSummary("Start a run without a thread and wait for its values")
            .Produces<JsonElement>().Refuses(400, 404, 422);
        group.MapPost("/runs/stream", (HttpContext context, GraphBody<RunInput> body) => StreamAsync(context, thread: null, body))
            .WithSummary("Start a run without a thread and follow it (server-sent events)").Produces(200, contentType: "text/event-stream").Refuses(400, 404, 422);
        group.MapPost("/runs/batch", BatchAsync).WithSummary("Start many runs without threads").Produces<IReadOnlyList<GraphRunView>>().Refuses(400, 404, 422);
    }

    async Task CreateAsync(HttpContext context, string? thread, GraphBody<RunInput> body)
    {
        var (run, _, _) = await StartAsync(context, thread, body);
        GraphHeaders.Set(context.Response, run, rejoin: null);
        await GraphAnswers.WriteAsync(context, GraphViews.Of(run), GraphJson.Relaxed.GraphRunView);
    }

    async Task WaitAsync(HttpContext context, string? thread, GraphBody<RunInput> body)
    {
        var (run, progress, wish) = await StartAsync(context, thread, body);
        GraphHeaders.Set(context.Response, run, "join");
        await stream.WaitAsync(context, run, progress, wish.CancelOnDisconnect);
    }

    async Task StreamAsync(HttpContext context, string? thread, GraphBody<RunInput> body)
    {
        var (run, progress, wish) = await StartAsync(context, thread, body);
        GraphHeaders.Set(context.Response, run, "stream");
        await stream.StreamAsync(context, run, progress, wish.Modes, after: null, wish.CancelOnDisconnect);
    }

    async Task BatchAsync(HttpContext context, GraphBody<IReadOnlyList<RunInput>> body)
    {
        if (body.Value.ValueKind is not JsonValueKind.Array || body.Value.GetArrayLength() is 0 or > MostAtOnce)
            throw GraphErrors.Invalid($"The body must be a list of 1 to {MostAtOnce} runs.");
        var wishes = new List<GraphRunWish>(body.Value.GetArrayLength());
        var index = 0;
        // All are read before the first is started: a wrong one starts none.
        foreach (var one in body.Value.EnumerateArray())
        {
            if (one.ValueKind is not JsonValueKind.Object)
                throw GraphErrors.Invalid($"[{index}] must be an object.");
            wishes.Add(await reader.ReadAsync(new GraphFields(one), threadId: null, context.RequestAborted));
            index++;
        }
        var views = new List<GraphRunView>(wishes.Count);
        foreach (var wish in wishes)
        {
            var started = await runs.StartAsync(wish.Run, CancellationToken.None);
            if (started.Run is { } run)
                views.Add(GraphViews.Of(run));
        }
        var list = JsonText.Element(views, static (json, all) =>
        {
            json.WriteStartArray();
            foreach (var view in all)
                JsonSerializer.SerializeToElement(view, GraphJson.Relaxed.GraphRunView).WriteTo(json);
            json.WriteEndArray();
        });
        await GraphAnswers.WriteAsync(context, list, GraphJson.Relaxed.JsonElement);
    }

    async Task<(ThreadRun Run, RunProgress Progress, GraphRunWish Wish)> StartAsync(HttpContext context, string? thread, GraphBody<RunInput> body)
    {
        Guid? threadId = thread is null ? null : GraphErrors.Id("thread", thread);
        var wish = await reader.ReadAsync(body.Fields(), threadId, context.RequestAborted);
        if (wish.Run.FromId is { } from && (threadId is not { } id || await threads.FindCheckpointAsync(id, from, context.RequestAborted) is null))
            throw GraphErrors.Missing("Checkpoint not found");
        if (threadId is { } on)
            wish = wish with { Run = await GoOnAsync(wish.Run, on, context.RequestAborted) };
        var started = await runs.StartAsync(wish.Run, CancellationToken.None);
        if (started.Outcome is Admission.Busy)
            throw GraphErrors.Conflict(GraphErrors.Busy);
        return started is { Run: { } run, Progress: { } progress } ? (run, progress, wish) : throw GraphErrors.Missing(GraphErrors.NoThreadOrAssistant);
    }

    /// <summary>A run that is to go on, once what it goes on with fits: a checkpoint that it names must be the one at which its thread waits.</summary>
    /// <exception cref="ApiException">It does not.</exception>
    async Task<ThreadRunRequest> GoOnAsync(ThreadRunRequest run, Guid threadId, CancellationToken cancellationToken)
    {
        if (!run.Continues || await threads.FindAsync(threadId, cancellationToken) is not { } thread)
            return run;
        // Clients name the newest checkpoint when they just go on.
        if (run.FromId == thread.HeadId && thread.Waiting is not null)
            run = run with { FromId = null };
        var answers = run.Resume is not null || run.Update is not null;
        if (run.FromId is not null && answers)
            throw GraphErrors.Invalid("'command' goes on from where the thread is. Leave 'checkpoint' and 'checkpoint_id' out, or give an 'input' to begin anew from there.");
        if (answers && thread is { Waiting: null, Status: not ThreadStatus.Busy })
            throw GraphErrors.Invalid($"Nothing on this thread waits{(run.Resume is null ? ", so there is nothing to go on with. Change its state with POST /threads/{thread_id}/state." : " for an answer.")}");
        return run.Resume is { } resume && await runs.ResumeProblemAsync(threadId, resume, cancellationToken) is { } problem ? throw GraphErrors.Invalid(problem) : run with { Continues = run.FromId is null };
    }
}

/// <summary>Where a run is, for clients that come back.</summary>
static class GraphHeaders
{
    /// <param name="rejoin"><c>stream</c> or <c>join</c>: where the answer can be had again; null for nowhere. Without a mount: clients put it behind their own base.</param>
    public static void Set(HttpResponse response, ThreadRun run, string? rejoin)
    {
        var path = $"/threads/{run.ThreadId}/runs/{run.Id}";
        response.Headers.ContentLocation = path;
        if (rejoin is not null)
            response.Headers.Location = $"{path}/{rejoin}";
    }
}
