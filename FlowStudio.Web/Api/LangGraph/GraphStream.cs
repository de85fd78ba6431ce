using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Threads;

namespace FlowStudio.Web.Api.LangGraph;

/// <summary>A thread's run as it goes, and its end for who waits.</summary>
sealed class GraphStream(ThreadEnding threads, RunFeed feed, IThreadRuns runs, IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary>Parts of a run's last event: what came of it, and that nothing follows.</summary>
    public const long Result = 1000, End = 1002;

    /// <summary>Clients learn the cadence and take a longer silence for a broken connection.</summary>
    static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(5);

    /// <summary>A comment without a blank line after it: clients of the generation of 1.12 take one for an event without a name.</summary>
    static ReadOnlySpan<byte> Beat => ": heartbeat\n"u8;

    /// <summary>Streams until the run's end is stored; then says so.</summary>
    /// <param name="after">What the client saw last; null: nothing.</param>
    /// <param name="cancelOnDisconnect">Cancel the run when the client goes.</param>
    public async Task StreamAsync(HttpContext context, ThreadRun run, RunProgress progress, IReadOnlyList<string> modes, GraphEventId? after, bool cancelOnDisconnect)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        OpenStream.Begin(context);
        var writer = new GraphEventWriter(context.Response.BodyWriter, after);
        try
        {
            if (await TellAsync(context, run, progress, modes, writer, leaving) is { } last)
            {
                writer.Write(last with { Part = End }, "end", JsonText.Null);
                await context.Response.BodyWriter.FlushAsync(leaving.Token);
            }
        }
        catch (OperationCanceledException) when (leaving.IsCancellationRequested)
        {
            await LeaveAsync(context, run, cancelOnDisconnect);
        }
    }

    /// <summary>Writes all events of a run, until its end is stored; returns where that is, or null when the client was cut off because it reads too slowly.</summary>
    public async Task<GraphEventId?> TellAsync(HttpContext context, ThreadRun run, RunProgress progress, IReadOnlyList<string> modes, GraphEventWriter writer, CancellationTokenSource leaving)
    {
        var output = context.Response.BodyWriter;
        writer.Write(new(0, 0), "metadata", GraphData.Metadata(run));
        await BeatAsync(progress.Begun, output, leaving.Token);
        var last = new GraphEventId(0, 1);
        JsonElement? shown = null;
        if (await progress.Begun is { NativeRunId: { } native } begun && await threads.FoldAsync(begun, leaving.Token) is { } fold)
        {
            var mapper = new GraphStreamMapper(begun, fold, modes);
            if (begun.Continues && begun.FromSeq > 0)
                mapper.GoOn(writer, begun.StartedAt ?? begun.StartAt);
            if (!await FollowAsync(output, native, begun, progress, mapper, writer, leaving))
                return null;
            (last, shown) = (mapper.Last, mapper.Shown);
        }
        await BeatAsync(progress.Ended, output, leaving.Token);
        WriteResult(writer, last, await progress.Ended, modes, shown);
        return last;
    }

    /// <summary>Answers with the thread's values when the run has ended; until then white space keeps the connection alive.</summary>
    public async Task WaitAsync(HttpContext context, ThreadRun run, RunProgress progress, bool cancelOnDisconnect)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var output = context.Response.BodyWriter;
        context.Response.ContentType = "application/json";
        try
        {
            while (!progress.Ended.IsCompleted)
            {
                await ((Task)progress.Ended).WaitAsync(Heartbeat, time, leaving.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                leaving.Token.ThrowIfCancellationRequested();
                if (progress.Ended.IsCompleted)
                    break;
                output.Write("\n"u8);
                await output.FlushAsync(leaving.Token);
            }
            output.Write(JsonText.Utf8(GraphViews.Result(await progress.Ended)));
            await output.FlushAsync(leaving.Token);
        }
        catch (OperationCanceledException) when (leaving.IsCancellationRequested)
        {
            await LeaveAsync(context, run, cancelOnDisconnect);
        }
    }

    async Task LeaveAsync(HttpContext context, ThreadRun run, bool cancelOnDisconnect)
    {
        // A connection that breaks is taken up again at the next start; one that is closed counts as the end.
        if (!context.RequestAborted.IsCancellationRequested)
            context.Abort();
        else if (cancelOnDisconnect)
            await runs.CancelAsync(run.Id, rollback: false, CancellationToken.None);
    }

    /// <summary>False when the client was cut off because it reads too slowly; it is told, and can join again.</summary>
    async Task<bool> FollowAsync(PipeWriter output, Guid native, ThreadRun run, RunProgress progress, GraphStreamMapper mapper, GraphEventWriter writer, CancellationTokenSource leaving)
    {
        using var following = CancellationTokenSource.CreateLinkedTokenSource(leaving.Token);
        await using var events = feed.StreamAsync(native, run.FromSeq, following.Token).GetAsyncEnumerator(following.Token);
        var next = Task.FromResult(false);
        try
        {
            while (!mapper.IsStopped)
            {
                next = events.MoveNextAsync().AsTask();
                await BeatAsync(Task.WhenAny(next, progress.Ended), output, leaving.Token);
                // It brought nothing to go on with: the events that come are other runs'.
                if (progress.Ended.IsCompleted && await progress.Ended is { Run.UntilSeq: { } until } && until <= run.FromSeq)
                    break;
                await BeatAsync(next, output, leaving.Token);
                if (!await next)
                    return true;
                if (events.Current.Type == RunEventTypes.CutOff)
                {
                    writer.WriteCutOff();
                    await output.FlushAsync(leaving.Token);
                    return false;
                }
                mapper.Take(events.Current.Read(), writer);
                if (output.UnflushedBytes > 32 * 1024)
                    await output.FlushAsync(leaving.Token);
            }
            return true;
        }
        finally
        {
            // The events cannot be disposed of while the next one is being waited for.
            await following.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async Task BeatAsync(Task until, PipeWriter output, CancellationToken cancellationToken)
    {
        while (!until.IsCompleted)
        {
            await output.FlushAsync(cancellationToken);
            await until.WaitAsync(Heartbeat, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (until.IsCompleted)
                return;
            cancellationToken.ThrowIfCancellationRequested();
            output.Write(Beat);
        }
    }

    static void WriteResult(GraphEventWriter writer, GraphEventId last, EndedRun? end, IReadOnlyList<string> modes, JsonElement? shown)
    {
        var error = end is null ? GraphViews.Result(end).GetProperty("__error__") : GraphViews.Error(end.Run);
        if (error is null && end is not null && modes.Contains("values") && end.Run.Status is ThreadRunStatus.Success
            && !(shown is { } before && JsonText.Utf8(before).SequenceEqual(JsonText.Utf8(end.Values))))
            writer.Write(last with { Part = Result }, "values", end.Values);
        if (end is { Run.Interrupts: { Count: > 0 } interrupts })
        {
            if (modes.Contains("values"))
                writer.Write(last with { Part = Result }, "values", GraphViews.Stopped(end.Values, interrupts));
            if (modes.Contains("updates"))
                writer.Write(last with { Part = Result + 1 }, "updates", GraphData.Member("__interrupt__", GraphViews.Interrupts(interrupts)));
        }
        if (error is { } why)
            writer.Write(last with { Part = Result + 1 }, "error", why);
    }
}
