using System.Globalization;
using System.Text.Json;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Questions;
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
/// Walks a flow: a node starts as soon as its inputs are there, branches run in parallel, what no taken branch leads to is skipped, a loop's body runs
/// once per item. Knows nothing of queues and databases but one thing: the output of a node with effects is durable before anything downstream starts.
/// </summary>
sealed class FlowRunner(NodeInvoker invoker, TimeProvider time)
{
    /// <summary>A walk of many steps that need no waiting lets other runs have the thread after so many.</summary>
    const int StepsInARow = 200;

    /// <summary>Runs until nothing is left to do now.</summary>
    public async Task<RunnerOutcome> RunAsync(ActiveRun run)
    {
        var walk = new Walk(run);
        var working = new List<Task<StepDone>>();
        RunError? failure = null;
        try
        {
            while (true)
            {
                for (var steps = 1; failure is null; steps++)
                {
                    if (walk.TryTakeThrough(out var loop) && loop is not null)
                    {
                        failure = EndLoop(run, walk, loop);
                    }
                    else if (walk.TryTakeReady(out var step))
                    {
                        if (step is { } ready)
                            failure = await TakeAsync(run, walk, ready, working);
                    }
                    else
                    {
                        break;
                    }
                    if (steps % StepsInARow != 0)
                        continue;
                    await run.SaveSomeAsync();
                    await Task.Yield();
                }
                if (failure is not null)
                    break;
                // Taken before anything is looked at: who ends from now on completes it.
                var news = walk.AnyWaiting ? run.News : Task.CompletedTask;
                if (walk.AnyWaiting && walk.WakeDue(time.GetUtcNow()))
                    continue;
                if (working.Count == 0)
                    break;
                // While others work, a question can be answered already.
                if (run.HasUnwritten)
                    await run.SaveAsync();
                else
                    await run.SaveSomeAsync();
                var next = await NextAsync(working, walk, news);
                if (next < 0)
                    continue;
                var done = await working[next];
                working.RemoveAt(next);
                walk.Release(done.Step.Frame);
                failure = Settle(run, walk, done);
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
        if (walk.AnyWaiting)
            return new RunnerOutcome.Sleeps(walk.NextWake);
        return walk.Blocked is { } blocked && !RunOutput.IsAny(run.Plan, walk.Outputs)
            ? new RunnerOutcome.Failed(blocked)
            : new RunnerOutcome.Succeeded(RunOutput.Of(run.Plan, walk.Outputs));
    }

    /// <summary>Starts a node; it is settled at once when it needs no waiting, as pure ones do not.</summary>
    ValueTask<RunError?> TakeAsync(ActiveRun run, Walk walk, ReadyStep step, List<Task<StepDone>> working)
    {
        if (step.Failed is { } before)
            return new(Fail(run, walk, step.Frame, before, isNews: false));
        if (step.Stop is { } when)
        {
            var attempt = Math.Max(step.Past.Attempts, 1);
            walk.Stops(step.Frame, step.Node, invoker.Stop(run, step.Node, step.Frame.Path, attempt, when), step.Past.Outputs);
            return default;
        }
        if (step.Node.IsPinned)
        {
            Gave(run, walk, step.Frame, step.Node, invoker.GivePinned(run, step.Node, step.Frame.Path), attempt: 1);
            return default;
        }
        var pending = StartAsync(run, walk, step);
        if (pending.IsCompletedSuccessfully)
            return new(Settle(run, walk, pending.Result));
        Walk.Keep(step.Frame);
        working.Add(pending.AsTask());
        return default;
    }

    async ValueTask<StepDone> StartAsync(ActiveRun run, Walk walk, ReadyStep step)
    {
        var (frame, node, _) = step;
        var (resumed, attempts) = walk.Past(step);
        var since = resumed?.Since ?? time.GetUtcNow();
        // What follows from an answer begins when the answer is durable: after a crash nobody else may give another one.
        if (run.Answers > 0)
            await run.SaveAsync();
        var outcome = await invoker.InvokeAsync(run, node, frame.Path, InputBinder.Bind(node, frame.Outputs), resumed, attempts);
        // Journaled before anything downstream starts; the last node of all is made durable together with the run's end. In a loop the next item is downstream.
        if (node.Descriptor.Effects is Effects.External && outcome.Error is null && outcome.Wait is null && (node.Dependents.Count > 0 || node.Scope.Loop is not null))
            await run.SaveAsync();
        return new(step, outcome, since);
    }

    RunError? Settle(ActiveRun run, Walk walk, StepDone done)
    {
        var ((frame, node, _), outcome, since) = done;
        if (frame.IsOver)
            return null;
        if (outcome.Error is { } error)
        {
            // In a loop's body it is the item that fails.
            if (!node.Descriptor.FailsItsPathsOnly || frame.Loop is not null)
                return Fail(run, walk, frame, error, isNews: true);
            walk.Block(frame, node, error);
            return null;
        }
        if (outcome.Waiting is { } wait)
            walk.Waits(frame, node, wait);
        else if (outcome.Loop is { } spec)
            walk.Begin(new LoopWork(frame, node, spec, outcome.Attempt, since));
        else
            Gave(run, walk, frame, node, outcome.Outputs, outcome.Attempt);
        return null;
    }

    /// <summary>A node is through: what hangs on it begins, unless the run is told to stop here.</summary>
    void Gave(ActiveRun run, Walk walk, WalkFrame frame, PlanNode node, IReadOnlyList<PortValue> outputs, int attempt)
    {
        if (run.Interrupts?.After(node.Node.Id) == true)
            walk.Stops(frame, node, invoker.Stop(run, node, frame.Path, attempt, InterruptWhen.After), outputs);
        else
            walk.Gave(frame, node, outputs);
    }

    /// <summary>A loop's items are all through: it gives its results.</summary>
    RunError? EndLoop(ActiveRun run, Walk walk, LoopWork loop) => loop.Frame.IsOver ? null
        : Settle(run, walk, new(new(loop.Frame, loop.Node), invoker.EndLoop(run, loop, error: null), loop.Since));

    /// <summary>A failure fails the loops around it, up to one that leaves the item out; past the last one it fails the run.</summary>
    /// <param name="isNews">It has just happened; otherwise an earlier life of the run has told of it.</param>
    RunError? Fail(ActiveRun run, Walk walk, WalkFrame frame, RunError error, bool isNews)
    {
        for (var iteration = frame; iteration.Loop is { } loop; iteration = loop.Frame)
        {
            var item = string.Create(CultureInfo.InvariantCulture, $"{loop.Node.Node.Label} › {iteration.Index + 1}");
            if (loop.Spec.SkipFailed)
            {
                if (isNews)
                    invoker.Warn(run, loop, $"{item} is left out: {error.Message}");
                walk.LeaveOut(loop, iteration, time.GetUtcNow());
                return null;
            }
            error = error with { Message = $"{item}: {error.Message}" };
            invoker.EndLoop(run, loop, error);
        }
        return error;
    }

    /// <summary>Where among those at work the next one stands that is through; -1 when a sleeping node's time has come first, or the run it waits for has ended.</summary>
    async Task<int> NextAsync(List<Task<StepDone>> working, Walk walk, Task news)
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

/// <summary>A step that is through for now, and when it began.</summary>
readonly record struct StepDone(ReadyStep Step, NodeOutcome Outcome, DateTimeOffset Since);
