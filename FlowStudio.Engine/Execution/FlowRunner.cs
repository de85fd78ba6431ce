using System.Text.Json;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Execution;

/// <summary>How a run's stay with the runner ended.</summary>
abstract record RunnerOutcome
{
    public sealed record Succeeded(JsonElement Output) : RunnerOutcome;

    public sealed record Failed(RunError Error) : RunnerOutcome;

    /// <summary>Nothing is left to do until then, or until somebody answers.</summary>
    public sealed record Sleeps(DateTimeOffset? WakeAt) : RunnerOutcome;

    /// <summary>Told to stop: see <see cref="ActiveRun.Reason"/>.</summary>
    public sealed record Stopped : RunnerOutcome;
}

/// <summary>
/// Walks a flow: a node starts as soon as its inputs are there, branches run in parallel, what no taken branch leads to is skipped.
/// Knows nothing of queues and databases but one thing: the output of a node with effects is durable before anything downstream starts.
/// </summary>
sealed class FlowRunner(NodeInvoker invoker, TimeProvider time)
{
    /// <summary>Runs until nothing is left to do now.</summary>
    public async Task<RunnerOutcome> RunAsync(ActiveRun run)
    {
        var walk = new Walk(run);
        var working = new List<Task<(PlanNode Node, NodeOutcome Outcome)>>();
        RunError? failure = null;
        try
        {
            while (true)
            {
                while (failure is null && walk.TryTakeReady(out var node))
                {
                    if (node is null)
                        continue;
                    var pending = StartAsync(run, walk, node);
                    if (pending.IsCompletedSuccessfully)
                        failure ??= Settle(walk, await pending);
                    else
                        working.Add(pending.AsTask());
                }
                if (failure is not null)
                    break;
                // Taken before anything is looked at: who ends from now on completes it.
                var news = run.News;
                if (walk.AnyWaiting && walk.WakeDue(time.GetUtcNow()))
                    continue;
                if (working.Count == 0)
                    break;
                var next = await NextAsync(working, walk, news);
                if (next < 0)
                    continue;
                var done = working[next];
                working.RemoveAt(next);
                failure ??= Settle(walk, await done);
            }
        }
        catch (OperationCanceledException) when (run.Token.IsCancellationRequested)
        {
            // The other branches are told by the same token; they are waited for below.
        }
        // One branch failed, so the run has: what else runs is cut.
        if (failure is not null && working.Count > 0)
            run.Stop(StopReason.Canceled);
        foreach (var task in working)
            await ((Task)task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (failure is not null)
            return new RunnerOutcome.Failed(failure);
        if (run.Token.IsCancellationRequested)
            return new RunnerOutcome.Stopped();
        return walk.AnyWaiting ? new RunnerOutcome.Sleeps(walk.NextWake) : new RunnerOutcome.Succeeded(RunOutput.Of(run.Plan, walk.Outputs));
    }

    async ValueTask<(PlanNode Node, NodeOutcome Outcome)> StartAsync(ActiveRun run, Walk walk, PlanNode node)
    {
        var (resumed, attempts) = walk.Past(node);
        var outcome = await invoker.InvokeAsync(run, node, [], InputBinder.Bind(node, walk.Outputs), resumed, attempts);
        // Journaled before anything downstream starts; the last node of all is made durable together with the run's end.
        if (node.Descriptor.Effects is Effects.External && outcome.Error is null && outcome.Wait is null && node.Downstream.Count > 0)
            await run.SaveAsync();
        return (node, outcome);
    }

    static RunError? Settle(Walk walk, (PlanNode Node, NodeOutcome Outcome) done)
    {
        if (done.Outcome.Error is { } error)
            return error;
        if (done.Outcome.Wait is { } wait)
            walk.Waits(done.Node, new NodeResume(done.Outcome.WaitingSince, wait.Until, Answer: null, wait.RunId));
        else
            walk.Gave(done.Node, done.Outcome.Outputs);
        return null;
    }

    /// <summary>Where among those at work the next one stands that is through; -1 when a sleeping node's time has come first, or the run it waits for has ended.</summary>
    async Task<int> NextAsync(List<Task<(PlanNode Node, NodeOutcome Outcome)>> working, Walk walk, Task news)
    {
        if (!walk.AnyWaiting)
            return working.IndexOf(await Task.WhenAny(working));
        using var stop = new CancellationTokenSource();
        List<Task> either = [.. working, news];
        if (walk.NextWake is { } wake)
        {
            var left = wake - time.GetUtcNow();
            // The delay is let go by the token: nobody waits for it once a node was quicker.
            either.Add(Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, stop.Token));
        }
        var first = await Task.WhenAny(either);
        await stop.CancelAsync();
        return working.FindIndex(task => task == first);
    }
}
