using System.Text.Json;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Threads;

/// <summary>Makes checkpoints of what runs did, and stores their ends.</summary>
public sealed class ThreadEnding(IThreadRows rows, IRunStore runs, IFlowStore flows, ComponentCatalog components, DeliverySignal deliveries, TimeProvider time)
{
    /// <summary>Steps of one run that get a checkpoint of their own; each has the whole state.</summary>
    const int MostSteps = 50;
    const int Page = 2000;

    /// <summary>The state with a run's input applied.</summary>
    public Checkpoint Input(StateThread thread, ThreadRun run)
    {
        var now = time.GetUtcNow();
        return new()
        {
            Id = Ids.New(time, now),
            ThreadId = thread.Id,
            ParentId = thread.HeadId,
            RunId = run.Id,
            Values = StateFold.Apply(thread.Values, run.Input, () => Ids.New(time)),
            Source = "input",
            Next = ["__start__"],
            Step = -1,
            CreatedAt = now,
        };
    }

    /// <summary>The fold of a run, before its first event; null when it has not begun.</summary>
    public async Task<StateFold?> FoldAsync(ThreadRun run, CancellationToken cancellationToken)
    {
        if (run.NativeRunId is not { } nativeId || run.InputId is not { } inputId)
            return null;
        var start = run.Start ?? (await rows.FindCheckpointAsync(run.ThreadId, inputId, cancellationToken))?.Values ?? JsonText.EmptyObject;
        var native = await runs.FindAsync(nativeId, cancellationToken);
        var version = native is null ? null : await flows.FindVersionAsync(native.FlowVersionId, cancellationToken);
        // The snapshot of a draft is stored with its first run, and may be found only then.
        var document = version?.Document ?? (await flows.ResolveAsync(run.FlowId.ToString(), draft: false, cancellationToken))?.Version.Document;
        return new(run.Id, start, document, components.Find, StateFold.HasMessages(run.Input));
    }

    /// <summary>A pending run ends where it lies; null when it is not pending any more.</summary>
    internal async Task<EndedRun?> EndPendingAsync(ThreadRun run, bool rollback, CancellationToken cancellationToken)
    {
        var end = new ThreadEnd(ThreadRunStatus.Interrupted, Error: null, []) { OnlyPending = true, Rollback = rollback };
        return await StoreAsync(run, end, cancellationToken);
    }

    /// <summary>A run ends without having begun.</summary>
    internal Task<EndedRun?> FailAsync(ThreadRun run, ThreadRunError error) =>
        StoreAsync(run, new(ThreadRunStatus.Error, error, []), CancellationToken.None);

    /// <param name="native">As it ended; null when it was deleted.</param>
    internal async Task<EndedRun?> EndAsync(ThreadRun run, Run? native)
    {
        if (native is null)
            return await FailAsync(run, new("run_deleted", "The run was deleted before it ended."));
        var status = native.Status switch
        {
            RunStatus.Succeeded => ThreadRunStatus.Success,
            RunStatus.TimedOut => ThreadRunStatus.Timeout,
            RunStatus.Canceled => ThreadRunStatus.Interrupted,
            _ => ThreadRunStatus.Error,
        };
        var error = status is ThreadRunStatus.Error or ThreadRunStatus.Timeout ? new ThreadRunError(native.Error?.Code ?? "failed", native.Error?.Message ?? "The run failed.") : null;
        return await StoreAsync(run, new(status, error, await CheckpointsAsync(run, native, error)), CancellationToken.None);
    }

    async Task<EndedRun?> StoreAsync(ThreadRun run, ThreadEnd end, CancellationToken cancellationToken)
    {
        var ended = await rows.EndAsync(run.Id, end, time.GetUtcNow(), cancellationToken);
        if (ended is { Run.Callback: not null })
            deliveries.Tell();
        return ended;
    }

    async Task<IReadOnlyList<Checkpoint>> CheckpointsAsync(ThreadRun run, Run native, ThreadRunError? error)
    {
        if (await FoldAsync(run, CancellationToken.None) is not { } fold)
            return [];
        var made = new List<(string Node, JsonElement Values, DateTimeOffset At)>();
        var open = new List<string>();
        await foreach (var happened in EventsAsync(native.Id))
        {
            // Of the many log lines nothing is needed.
            if (happened.Type == RunEventTypes.Log)
                continue;
            var e = happened.Read();
            var node = e.NodeId ?? "";
            if (e.Type == RunEventTypes.NodeStarted && e.Iteration.Count == 0 && !open.Contains(node))
                open.Add(node);
            if (e.Type is RunEventTypes.NodeFinished or RunEventTypes.NodeSkipped && e.Iteration.Count == 0)
                open.Remove(node);
            if (fold.Apply(e) is not null && e.Iteration.Count == 0)
            {
                // The newest are the ones that are looked at.
                if (made.Count == MostSteps)
                    made.RemoveAt(0);
                made.Add((node, fold.Values, e.At));
            }
        }
        if (made.Count > 0)
            made[^1] = made[^1] with { Values = fold.Values };
        var next = native.Status is RunStatus.Succeeded ? [] : open;
        var checkpoints = new List<Checkpoint>(made.Count);
        for (var i = 0; i < made.Count; i++)
        {
            var now = time.GetUtcNow();
            var last = i == made.Count - 1;
            checkpoints.Add(new()
            {
                Id = Ids.New(time, now),
                ThreadId = run.ThreadId,
                ParentId = i == 0 ? run.InputId : checkpoints[^1].Id,
                RunId = run.Id,
                Values = made[i].Values,
                Next = last ? next : [made[i + 1].Node],
                Error = last && next.Count > 0 ? error?.Message : null,
                Source = "loop",
                Step = i,
                Node = made[i].Node,
                CreatedAt = made[i].At,
            });
        }
        return checkpoints;
    }

    async IAsyncEnumerable<RunEvent> EventsAsync(Guid runId)
    {
        for (var after = 0L; ;)
        {
            var page = await runs.EventsAsync(runId, after, Page, CancellationToken.None);
            foreach (var happened in page)
            {
                after = happened.Seq;
                yield return happened;
            }
            if (page.Count < Page)
                yield break;
        }
    }
}
