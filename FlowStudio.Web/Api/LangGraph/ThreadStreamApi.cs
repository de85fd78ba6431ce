using System.Text.Json;
using FlowStudio.Engine.Threads;

namespace FlowStudio.Web.Api.LangGraph;

/// <summary><c>GET /threads/{id}/stream</c>: all runs of a thread as they come, one after the other, until the reader leaves.</summary>
sealed class ThreadStreamApi(IThreadRows threads, IThreadRuns runs, ThreadNews news, GraphStream stream, IHostApplicationLifetime lifetime)
{
    const string RunModes = "run_modes", Lifecycle = "lifecycle", StateUpdate = "state_update";
    const string StateScope = "state.";

    /// <summary>How far back a reader can go on: nobody reads more of them at once.</summary>
    const int MostBehind = 1000;

    public void Map(IEndpointRouteBuilder api) => api.MapGet("/threads/{thread}/stream", StreamAsync).WithTags("LangGraph threads")
        .WithSummary("Follow all runs of a thread (server-sent events)")
        .WithDescription("What is at work, and what begins from now on; with Last-Event-ID all that came after it. stream_mode: run_modes (each run in its own modes), lifecycle (when runs begin and end), state_update (states set by hand).")
        .Produces(200, contentType: "text/event-stream").Refuses(404, 422);

    async Task StreamAsync(HttpContext context, string thread)
    {
        var id = GraphErrors.Id("thread", thread);
        var modes = Modes(context.Request.Query);
        var mark = Mark.Read(context.Request.Headers["Last-Event-ID"].ToString());
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        // First of all: what begins from here on is told below.
        using var watch = news.Watch(id);
        if (await threads.FindAsync(id, context.RequestAborted) is null)
            throw GraphErrors.Missing(GraphErrors.NoThread);
        var past = await PastAsync(id, mark, modes, context.RequestAborted);
        OpenStream.Begin(context);
        var output = context.Response.BodyWriter;
        var told = new HashSet<Guid>();
        try
        {
            await output.FlushAsync(leaving.Token);
            foreach (var item in past)
            {
                if (!await TellAsync(context, item, modes, mark, told, leaving))
                    return;
            }
            while (true)
            {
                var next = watch.Items.WaitToReadAsync(leaving.Token).AsTask();
                await stream.BeatAsync(next, output, leaving.Token);
                if (!await next)
                    break;
                while (watch.Items.TryRead(out var item))
                {
                    if (!await TellAsync(context, item, modes, after: null, told, leaving))
                        return;
                }
            }
            // It lags too far behind: cut off, it comes back with what it saw last.
            new GraphEventWriter(output, after: null).WriteCutOff();
            await output.FlushAsync(leaving.Token);
        }
        catch (OperationCanceledException) when (leaving.IsCancellationRequested)
        {
            if (!context.RequestAborted.IsCancellationRequested)
                context.Abort();
        }
    }

    /// <summary>What the reader has not seen, oldest first: what is at work, and what came after its mark.</summary>
    async Task<List<ThreadNewsItem>> PastAsync(Guid threadId, Mark? mark, IReadOnlyList<string> modes, CancellationToken cancellationToken)
    {
        var begun = (await threads.RunsAsync(threadId, mark is null ? [ThreadRunStatus.Running] : [], 0, MostBehind, cancellationToken)).Where(r => r is { StartedAt: not null, NativeRunId: not null });
        if (mark is null)
            return [.. begun.Select(static r => new ThreadNewsItem(r, Updated: null))];
        var since = mark.RunId is { } seenRun ? (await threads.FindRunAsync(seenRun, cancellationToken))?.StartedAt
            : mark.CheckpointId is { } seenState ? (await threads.FindCheckpointAsync(threadId, seenState, cancellationToken))?.CreatedAt : DateTimeOffset.MinValue;
        var from = since ?? throw GraphErrors.Invalid("Last-Event-ID names nothing that this thread still has. Leave it out, or send -1 for all.");
        var items = begun.Where(r => r.StartedAt >= from).Select(static r => (At: r.StartedAt ?? r.StartAt, Item: new ThreadNewsItem(r, Updated: null))).ToList();
        if (modes.Contains(StateUpdate))
        {
            items.AddRange((await threads.HistoryAsync(threadId, before: null, MostBehind, cancellationToken)).Where(c => c.Source == "update" && c.CreatedAt >= from && c.Id != mark.CheckpointId)
                .Select(static c => (c.CreatedAt, new ThreadNewsItem(Begun: null, c))));
        }
        return [.. items.OrderBy(static i => i.At).Select(static i => i.Item)];
    }

    /// <summary>False when the reader was cut off.</summary>
    async Task<bool> TellAsync(HttpContext context, ThreadNewsItem item, IReadOnlyList<string> modes, Mark? after, HashSet<Guid> told, CancellationTokenSource leaving)
    {
        var output = context.Response.BodyWriter;
        if (item.Updated is { } state)
        {
            if (modes.Contains(StateUpdate) && told.Add(state.Id))
                new GraphEventWriter(output, after: null, StateScope).WriteAlways($"{state.Id:N}", "state_update", JsonSerializer.SerializeToElement(GraphViews.Of(state), GraphJson.Relaxed.StateView));
            await output.FlushAsync(leaving.Token);
            return true;
        }
        if (item.Begun is not { } run || !(modes.Contains(RunModes) || modes.Contains(Lifecycle)) || !told.Add(run.Id) || await runs.FollowAsync(run.Id, leaving.Token) is not { } progress)
            return true;
        var writer = new GraphEventWriter(output, after?.RunId == run.Id ? after.Event : null, $"{run.Id:N}.");
        GraphEventId? last = new GraphEventId(long.MaxValue, 0);
        if (modes.Contains(RunModes))
        {
            last = await stream.TellAsync(context, run, progress, GraphRunReader.Modes(run.Request.TryGetProperty("stream_mode", out var own) ? own : null), writer, leaving);
        }
        else
        {
            writer.Write(new(0, 0), "metadata", GraphData.Metadata(run));
            await stream.BeatAsync(progress.Ended, output, leaving.Token);
        }
        if (last is not { } end)
            return false;
        writer.Write(end with { Part = GraphStream.End }, "metadata", GraphData.Done(run, (await progress.Ended)?.Run.Status));
        await output.FlushAsync(leaving.Token);
        return true;
    }

    /// <summary>A mode, several of them, or all in one with commas between.</summary>
    static IReadOnlyList<string> Modes(IQueryCollection query)
    {
        var given = GraphRunsApi.List([.. query["stream_mode"].Concat(query["stream_modes"]).OfType<string>().SelectMany(static m => m is ['[', ..] ? [m] : m.Split(','))]);
        return given.Count == 0 ? [RunModes]
            : given.FirstOrDefault(m => m is not (RunModes or Lifecycle or StateUpdate)) is null ? given
            : throw GraphErrors.Invalid($"'stream_mode' of a thread must be one or more of {RunModes}, {Lifecycle}, {StateUpdate}.");
    }

    /// <summary>What a reader saw last: an event of a run, or a state; neither: nothing, and wants all.</summary>
    sealed record Mark(Guid? RunId, GraphEventId? Event, Guid? CheckpointId)
    {
        /// <summary>Null when the reader wants only what comes.</summary>
        /// <exception cref="ApiException">It is no id of ours.</exception>
        public static Mark? Read(string text)
        {
            if (text.Length == 0)
                return null;
            if (text is "-1" or "-")
                return new(null, null, null);
            if (text.StartsWith(StateScope, StringComparison.Ordinal) && Guid.TryParseExact(text[StateScope.Length..], "N", out var state))
                return new(null, null, state);
            return text.Length > 33 && text[32] == '.' && Guid.TryParseExact(text[..32], "N", out var run) ? new(run, GraphEventId.Read(text[33..]), null)
                : throw GraphErrors.Invalid("Last-Event-ID must be the id of an event of this stream, or -1.");
        }
    }
}
