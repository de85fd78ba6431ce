using System.Globalization;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Secrets;
using FlowStudio.Engine.Threads;

namespace FlowStudio.Web.Api.LangGraph;

/// <summary>The state of threads and its history.</summary>
sealed class ThreadStateApi(IThreadRows threads, ThreadNews news, IRunControl control, SecretRedactor redactor, TimeProvider time)
{
    public void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/threads/{thread}").WithTags("LangGraph threads");
        group.MapGet("/state", GetAsync).WithSummary("A thread's state").Produces<StateView>().Refuses(404, 422);
        group.MapGet("/state/{checkpoint}", GetAtAsync).WithSummary("A thread's state at a checkpoint").Produces<StateView>().Refuses(404, 422);
        group.MapPost("/state/checkpoint", PostAtAsync).WithSummary("A thread's state at a checkpoint").Produces<StateView>().Refuses(404, 422);
        group.MapPost("/state", UpdateAsync).WithSummary("Lay values over a thread's state").Produces<StateMade>().Refuses(404, 409, 422);
        group.MapPatch("/state", PatchAsync).WithSummary("Change a thread's metadata").Produces<ThreadView>().Refuses(404, 422);
        group.MapGet("/history", GetHistoryAsync).WithSummary("A thread's checkpoints, newest first").Produces<IReadOnlyList<StateView>>().Refuses(404, 422);
        group.MapPost("/history", PostHistoryAsync).WithSummary("A thread's checkpoints, newest first").Produces<IReadOnlyList<StateView>>().Refuses(404, 422);
    }

    /// <summary>Values to be laid over a state: an object, or a list of them laid over one after the other; nothing when null.</summary>
    /// <exception cref="ApiException">They are something else.</exception>
    public static JsonElement Values(GraphFields fields, SecretRedactor redactor)
    {
        var values = Checked(fields.Json("values"), "values");
        return redactor.Redact(values);
    }

    /// <inheritdoc cref="Values"/>
    public static JsonElement Checked(JsonElement? given, string name)
    {
        if (given is not { } values)
            return JsonText.EmptyObject;
        if (values.ValueKind is JsonValueKind.Array && values.EnumerateArray().All(v => v.ValueKind is JsonValueKind.Object))
            values = values.EnumerateArray().Aggregate(JsonText.EmptyObject, JsonContains.Merge);
        if (values.ValueKind is not JsonValueKind.Object)
            throw GraphErrors.Invalid($"'{name}' must be an object.");
        if (values.TryGetProperty("messages", out var messages) && messages.ValueKind is not JsonValueKind.Null && StateMessages.Problem(messages) is { } problem)
            throw GraphErrors.Invalid(problem);
        return values;
    }

    /// <summary>The checkpoint that a body names, by <c>checkpoint</c> or <c>checkpoint_id</c>; null when it names none.</summary>
    public static Guid? Named(GraphFields fields) =>
        fields.Object("checkpoint") is { } checkpoint && new GraphFields(checkpoint).Id("checkpoint_id", "checkpoint") is { } id ? id : fields.Id("checkpoint_id", "checkpoint");

    async Task GetAsync(HttpContext context, string thread)
    {
        var found = await FindAsync(thread, context.RequestAborted);
        var head = found.HeadId is { } id ? await threads.FindCheckpointAsync(found.Id, id, context.RequestAborted) : null;
        await GraphAnswers.WriteAsync(context, head is null ? GraphViews.Empty : GraphViews.Of(head), GraphJson.Relaxed.StateView);
    }

    async Task GetAtAsync(HttpContext context, string thread, string checkpoint) => await WriteAtAsync(context, thread, GraphErrors.Id("checkpoint", checkpoint));

    async Task PostAtAsync(HttpContext context, string thread, GraphBody<StateAt> body) =>
        await WriteAtAsync(context, thread, Named(body.Fields()) ?? throw GraphErrors.Invalid("'checkpoint' is missing. It must have a 'checkpoint_id'."));

    async Task WriteAtAsync(HttpContext context, string thread, Guid checkpoint)
    {
        var found = await FindAsync(thread, context.RequestAborted);
        var at = await threads.FindCheckpointAsync(found.Id, checkpoint, context.RequestAborted) ?? throw GraphErrors.Missing("Checkpoint not found");
        await GraphAnswers.WriteAsync(context, GraphViews.Of(at), GraphJson.Relaxed.StateView);
    }

    async Task UpdateAsync(HttpContext context, string thread, GraphBody<StateInput> body)
    {
        var fields = body.Fields();
        var id = GraphErrors.Id("thread", thread);
        var (values, node, from) = (Values(fields, redactor), fields.Text("as_node"), Named(fields));
        WaitingRun? givenUp = null;
        var (outcome, made) = await threads.UpdateStateAsync(
            id,
            (state, parent) =>
            {
                var now = time.GetUtcNow();
                // From an older place another way begins, and nobody goes on from where the thread was.
                var waits = state.Waiting is not null && parent?.Id == state.HeadId;
                givenUp = waits ? null : state.Waiting;
                return new()
                {
                    Id = Ids.New(time, now),
                    ThreadId = id,
                    ParentId = parent?.Id,
                    Next = waits ? parent?.Next ?? [] : [],
                    Interrupts = waits ? state.Interrupts : [],
                    Values = StateFold.Apply(parent?.Values ?? state.Values, values, () => Ids.New(time)),
                    Source = "update",
                    Step = (parent?.Step ?? -2) + 1,
                    Node = node,
                    CreatedAt = now,
                };
            },
            from,
            context.RequestAborted);
        if (outcome is Admission.Busy)
            throw GraphErrors.Conflict("Thread is busy");
        if (made is null)
            throw GraphErrors.Missing(from is null ? GraphErrors.NoThread : "Thread or checkpoint not found");
        if (givenUp is { NativeRunId: var native })
            await control.CancelAsync(native, CancellationToken.None);
        news.Tell(id, new(Begun: null, made));
        await GraphAnswers.WriteAsync(context, new StateMade(GraphViews.At(id, made.Id)), GraphJson.Relaxed.StateMade);
    }

    async Task PatchAsync(HttpContext context, string thread, GraphBody<StatePatch> body)
    {
        var id = GraphErrors.Id("thread", thread);
        var metadata = redactor.Redact(body.Fields().Object("metadata") ?? throw GraphErrors.Invalid("'metadata' is missing. It must be an object."));
        var changed = await threads.PatchAsync(id, metadata, ttl: null, time.GetUtcNow(), context.RequestAborted) ?? throw GraphErrors.Missing(GraphErrors.NoThread);
        await GraphAnswers.WriteAsync(context, GraphViews.Of(changed), GraphJson.Relaxed.ThreadView);
    }

    async Task GetHistoryAsync(HttpContext context, string thread, string? limit, string? before)
    {
        var most = 10;
        if (!string.IsNullOrEmpty(limit) && !(int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out most) && most is >= 1 and <= 1000))
            throw GraphErrors.Invalid("'limit' must be a whole number from 1 to 1000.");
        await WriteHistoryAsync(context, thread, most, string.IsNullOrEmpty(before) ? null : GraphErrors.Id("checkpoint", before), metadata: null);
    }

    async Task PostHistoryAsync(HttpContext context, string thread, GraphBody<HistoryInput> body)
    {
        var fields = body.Fields(optional: true);
        Guid? before = fields.Json("before") switch
        {
            null => null,
            { ValueKind: JsonValueKind.String } id => GraphErrors.Id("checkpoint", id.GetString()),
            { ValueKind: JsonValueKind.Object } checkpoint when Before(checkpoint) is { } id => id,
            _ => throw GraphErrors.Invalid("'before' must be a checkpoint, or its id."),
        };
        await WriteHistoryAsync(context, thread, fields.Limit(), before, fields.Object("metadata"));
    }

    /// <summary>A checkpoint by itself, or in the configuration that names it.</summary>
    static Guid? Before(JsonElement checkpoint) => new GraphFields(checkpoint) is var fields && fields.Id("checkpoint_id", "checkpoint") is { } id ? id
        : fields.Object("configurable") is { } inner ? new GraphFields(inner).Id("checkpoint_id", "checkpoint") : null;

    async Task WriteHistoryAsync(HttpContext context, string thread, int limit, Guid? before, JsonElement? metadata)
    {
        var found = await FindAsync(thread, context.RequestAborted);
        var views = new List<StateView>();
        while (views.Count < limit)
        {
            var page = await threads.HistoryAsync(found.Id, before, metadata is null ? limit : 100, context.RequestAborted);
            foreach (var view in page.Select(GraphViews.Of).Where(v => metadata is not { } wanted || JsonContains.In(v.Metadata, wanted)).Take(limit - views.Count))
                views.Add(view);
            if (metadata is null || page.Count < 100)
                break;
            before = page[^1].Id;
        }
        var list = JsonText.Element(views, static (json, all) =>
        {
            json.WriteStartArray();
            foreach (var view in all)
                JsonSerializer.SerializeToElement(view, GraphJson.Relaxed.StateView).WriteTo(json);
            json.WriteEndArray();
        });
        await GraphAnswers.WriteAsync(context, list, GraphJson.Relaxed.JsonElement);
    }

    async Task<StateThread> FindAsync(string thread, CancellationToken cancellationToken) =>
        await threads.FindAsync(GraphErrors.Id("thread", thread), cancellationToken) ?? throw GraphErrors.Missing(GraphErrors.NoThread);
}
