using System.Runtime.CompilerServices;
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
    public Checkpoint Input(StateThread thread, ThreadRun run) =>
        Before(thread, run, run.Input, "input") with { Next = ["__start__"], Step = -1 };

    /// <summary>The state with what a run brings to go on with; what waits waits on.</summary>
    internal Checkpoint Update(StateThread thread, ThreadRun run) =>
        Before(thread, run, run.Update ?? JsonText.EmptyObject, "update") with
        {
            Next = [.. thread.Interrupts.Select(static i => i.Node).Distinct(StringComparer.Ordinal)],
            Interrupts = thread.Interrupts,
        };

    /// <summary>A checkpoint on top of the newest, before the run's first step.</summary>
    Checkpoint Before(StateThread thread, ThreadRun run, JsonElement brought, string source)
    {
        var now = time.GetUtcNow();
        return new()
        {
            Id = Ids.New(time, now),
            ThreadId = thread.Id,
            ParentId = thread.HeadId,
            RunId = run.Id,
            Values = StateFold.Apply(thread.Values, brought, () => Ids.New(time)),
            Source = source,
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

    /// <summary>A run that was to go on cannot; its thread stays as it is.</summary>
    internal Task<EndedRun?> RefuseAsync(ThreadRun run, ThreadRunError error) =>
        StoreAsync(run, new(ThreadRunStatus.Error, error, []) { LeavesThread = true }, CancellationToken.None);

    /// <summary>Whether a native run that rests has come to where a run over it stops; if not, the stops that it did not ask for.</summary>
    internal async Task<(SegmentEnd? End, IReadOnlyList<Guid> Passed)> RestAsync(ThreadRun run, CancellationToken cancellationToken)
    {
        var segment = new RunSegment(run);
        var any = false;
        SegmentEnd? end = null;
        await foreach (var happened in EventsAsync(run.NativeRunId ?? Guid.Empty, run.FromSeq, cancellationToken))
        {
            any = true;
            end = RunSegment.Counts(happened.Type) ? segment.Take(happened.Read()) ?? end : end;
            if (end is not null)
                break;
        }
        // It went on with nothing, and nothing came of it: it stops where it was.
        return !any && run is { Continues: true, Answers.Count: 0 } ? (new(run.FromSeq, run.Waited), []) : (end, segment.Passed);
    }

    /// <summary>A run stops because its native run waits for answers.</summary>
    internal async Task<EndedRun?> StopAsync(ThreadRun run, Run native, SegmentEnd end)
    {
        var checkpoints = await CheckpointsAsync(run, native, error: null, end);
        return await StoreAsync(run, new(ThreadRunStatus.Interrupted, Error: null, checkpoints) { Waiting = new(native.Id, end.Seq), Interrupts = end.Interrupts }, CancellationToken.None);
    }

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
        return await StoreAsync(run, new(status, error, await CheckpointsAsync(run, native, error, stop: null)), CancellationToken.None);
    }

    async Task<EndedRun?> StoreAsync(ThreadRun run, ThreadEnd end, CancellationToken cancellationToken)
    {
        var ended = await rows.EndAsync(run.Id, end, time.GetUtcNow(), cancellationToken);
        if (ended is { Run.Callback: not null })
            deliveries.Tell();
        return ended;
    }

    /// <param name="stop">Where the run stopped for answers; null: it has ended.</param>
    async Task<IReadOnlyList<Checkpoint>> CheckpointsAsync(ThreadRun run, Run native, ThreadRunError? error, SegmentEnd? stop)
    {
        if (await FoldAsync(run, CancellationToken.None) is not { } fold)
            return [];
        var made = new List<(string? Node, JsonElement Values, DateTimeOffset At)>();
        var open = run.Waited.Select(static w => w.Node).Distinct(StringComparer.Ordinal).ToList();
        await foreach (var happened in EventsAsync(native.Id, run.FromSeq, CancellationToken.None))
        {
            if (happened.Seq > stop?.Seq)
                break;
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
        if (stop is not null)
        {
            open = [.. stop.Interrupts.Select(static i => i.Node).Distinct(StringComparer.Ordinal)];
            // Nothing was done before it stopped; the stop is told all the same, unless the newest checkpoint has it already.
            if (made.Count == 0 && (stop.Seq > run.FromSeq || run.Update is not null))
                made.Add((null, fold.Values, time.GetUtcNow()));
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
                Next = last ? next : [made[i + 1].Node ?? ""],
                Error = last && next.Count > 0 ? error?.Message : null,
                Interrupts = last ? stop?.Interrupts ?? [] : [],
                Source = "loop",
                Step = i,
                Node = made[i].Node,
                CreatedAt = made[i].At,
            });
        }
        return checkpoints;
    }

    async IAsyncEnumerable<RunEvent> EventsAsync(Guid runId, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var page = await runs.EventsAsync(runId, after, Page, cancellationToken);
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
