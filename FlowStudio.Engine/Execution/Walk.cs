using System.Text.Json;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Execution;

/// <summary>A node whose edges are all decided, in a frame.</summary>
/// <param name="Failed">It failed for good in an earlier life of the run, and a loop around leaves the item out; null when it is to run.</param>
readonly record struct ReadyStep(WalkFrame Frame, PlanNode Node, RunError? Failed = null)
{
    /// <summary>The run is told to stop here; null when the node is to run.</summary>
    public InterruptWhen? Stop { get; init; }

    /// <summary>What it gave in an earlier life of the run, when it is to stop after it.</summary>
    public StepPast Past { get; init; }
}

/// <summary>
/// Where a walk through a plan stands: which nodes gave what, which are ready, which wait, which loops are at which item. Works through a queue, so that
/// its stack does not grow with the number of items. Used by one thread at a time.
/// </summary>
sealed class Walk
{
    readonly ActiveRun run;
    readonly FlowPlan plan;
    readonly WalkFrame root;
    readonly Queue<(WalkFrame Frame, PlanNode Node)> ready = new();
    readonly Queue<LoopWork> through = new();
    readonly List<(WalkFrame Frame, PlanNode Node)> waiting = [];
    readonly Dictionary<PlanScope, Stack<WalkFrame>> spare = [];
    readonly bool isByWebhook;

    public Walk(ActiveRun run)
    {
        this.run = run;
        plan = run.Plan;
        // A webhook call starts at Webhook nodes; a chat box in the same flow has nothing to say then.
        isByWebhook = run.Scope.Origin is RunTrigger.Webhook && plan.Nodes.Any(n => n.Descriptor.Type == "Webhook");
        root = WalkFrame.Of(plan, plan.Root);
        Enter(root);
    }

    public bool AnyWaiting => waiting.Count > 0;

    /// <summary>When the first sleeping node goes on by itself.</summary>
    public DateTimeOffset? NextWake => waiting.Min(w => w.Frame.State(w.Node).Wait?.Until);

    /// <summary>What a node outside of loops gave; null when it gave nothing (yet).</summary>
    public IReadOnlyList<PortValue>? Outputs(int node) => plan.Nodes[node].Scope == root.Scope ? root.Outputs(node) : null;

    /// <summary>
    /// Takes the next node whose edges are all decided. <paramref name="step"/> is null when it needed no run: skipped, or finished in an
    /// earlier life of the run.
    /// </summary>
    public bool TryTakeReady(out ReadyStep? step)
    {
        step = null;
        if (!ready.TryDequeue(out var next))
            return false;
        var (frame, node) = next;
        if (frame.IsOver)
            return true;
        ref var state = ref frame.State(node);
        if (state.Resume?.Stop is { } stopped)
        {
            // The node itself knows nothing of the wait.
            state.Resume = null;
            state.LetGo = true;
            if (stopped is InterruptWhen.After)
            {
                Gave(frame, node, state.Held ?? []);
                return true;
            }
        }
        else if (state.Resume is null)
        {
            // Most runs have no past, and a key costs a text.
            var past = run.History.Steps.Count == 0 ? default : StepPast.Of(run, frame.Key(node));
            state.Attempts = past.Attempts;
            switch (past.Kind)
            {
                case PastKind.Succeeded when !past.WentOnAfter && run.Interrupts?.After(node.Node.Id) == true:
                    step = new(frame, node) { Stop = InterruptWhen.After, Past = past };
                    return true;
                case PastKind.Succeeded:
                    Gave(frame, node, past.Outputs);
                    return true;
                case PastKind.Skipped:
                    Decide(frame, node);
                    return true;
                case PastKind.Failed when frame.Skips:
                    step = new(frame, node, past.Error ?? new RunError("failed", "It failed.", node.Node.Id));
                    return true;
                case PastKind.Resumes when past.Wait?.Stop is InterruptWhen.After:
                    Gave(frame, node, past.Outputs);
                    return true;
                case PastKind.Resumes when past.Wait?.Stop is InterruptWhen.Before:
                    (state.Attempts, state.LetGo) = (0, true);
                    break;
                case PastKind.Waits:
                    if (past.Wait?.Stop is InterruptWhen.After)
                        state.Held = past.Outputs;
                    state.Wait = past.Wait;
                    waiting.Add(next);
                    return true;
                case PastKind.Resumes:
                    state.Resume = past.Wait;
                    break;
                // A loop in the middle of its items goes on; it does not begin anew.
                case PastKind.Open when node.Body is not null && past.StartedAt is { } since:
                    state.Resume = new NodeResume(since, Until: null, Answer: null);
                    break;
            }
        }
        if (state.Resume is null && WhySkip(frame, node) is { } reason)
        {
            run.Log.Add(RunEventTypes.NodeSkipped, node.Node.Id, frame.Path, attempt: null, reason, static (json, why) => json.WriteString("reason"u8, why));
            Decide(frame, node);
            return true;
        }
        if (!node.IsTool && state is { LetGo: false, Attempts: 0, Resume: null } && run.Interrupts?.Before(node.Node.Id) == true)
            step = new(frame, node) { Stop = InterruptWhen.Before };
        else if (node.IsTool)
            Gave(frame, node, [node.AsTool(InputBinder.Bind(node, frame.Outputs))]);
        else
            step = new(frame, node);
        return true;
    }

    /// <summary>A loop whose iterations are all through; it has yet to give its results.</summary>
    public bool TryTakeThrough(out LoopWork? loop) => through.TryDequeue(out loop);

    /// <summary>How a node's wait ended, if it waited, and how many attempts of it there were.</summary>
    public (NodeResume? Resumed, int Attempts) Past(ReadyStep step)
    {
        ref var state = ref step.Frame.State(step.Node);
        var resumed = state.Resume;
        state.Resume = null;
        return (resumed, state.Attempts);
    }

    public void Gave(WalkFrame frame, PlanNode node, IReadOnlyList<PortValue> outputs)
    {
        frame.State(node).Outputs = outputs;
        Decide(frame, node);
    }

    /// <summary>The first failure that ended only the paths through its node; null when there is none.</summary>
    public RunError? Blocked { get; private set; }

    /// <summary>A node failed, and with it the paths through it.</summary>
    public void Block(WalkFrame frame, PlanNode node, RunError error)
    {
        Blocked ??= error;
        Gave(frame, node, []);
    }

    public void Waits(WalkFrame frame, PlanNode node, NodeResume wait)
    {
        ref var state = ref frame.State(node);
        state.Wait = wait;
        state.Attempts = Math.Max(state.Attempts, 1);
        waiting.Add((frame, node));
    }

    /// <summary>The run stops at a node.</summary>
    /// <param name="held">What the node gave, when it stops after it.</param>
    public void Stops(WalkFrame frame, PlanNode node, NodeResume wait, IReadOnlyList<PortValue> held)
    {
        ref var state = ref frame.State(node);
        (state.Wait, state.Held) = (wait, held);
        waiting.Add((frame, node));
    }

    /// <summary>Sleeping nodes whose time or answer has come, or whose run has ended, are ready again; false when there are none.</summary>
    public bool WakeDue(DateTimeOffset now)
    {
        var any = false;
        for (var i = waiting.Count - 1; i >= 0; i--)
        {
            var (frame, node) = waiting[i];
            ref var state = ref frame.State(node);
            if (state.Wait is not { } wait || run.EndOf(wait, now) is not { } end)
                continue;
            if (end is { Stop: not null, QuestionId: { } question })
                run.Hear(question);
            state.Resume = end;
            state.Wait = null;
            waiting.RemoveAt(i);
            ready.Enqueue((frame, node));
            any = true;
        }
        return any;
    }

    /// <summary>Begins a loop's iterations, as many as may be at work at the same time.</summary>
    public void Begin(LoopWork loop) => Advance(loop);

    /// <summary>A node at work in a frame keeps the frame, until <see cref="Release"/>.</summary>
    public static void Keep(WalkFrame frame)
    {
        for (var f = frame; f is not null; f = f.Loop?.Frame)
            f.Busy++;
    }

    /// <summary>A node is no longer at work; an iteration that is left out is over with the last of its nodes.</summary>
    public void Release(WalkFrame frame)
    {
        WalkFrame? over = null;
        for (var f = frame; f is not null; f = f.Loop?.Frame)
        {
            f.Busy--;
            if (f.LeftOut)
                over = f;
        }
        if (over is { Busy: 0, Loop: { } loop })
            End(loop, over, result: null);
    }

    /// <summary>Leaves an iteration out of its loop's results: nothing of it begins any more.</summary>
    public void LeaveOut(LoopWork loop, WalkFrame frame, DateTimeOffset now)
    {
        frame.LeftOut = true;
        foreach (var (inside, node) in waiting.Where(w => w.Frame.IsOver))
        {
            var wait = inside.State(node).Wait;
            if (wait?.RunId is { } child)
                run.Abandon(child);
            if (wait?.QuestionId is { } question)
                run.Withdraw(question, now);
        }
        waiting.RemoveAll(static w => w.Frame.IsOver);
        if (frame.Busy == 0)
            End(loop, frame, result: null);
    }

    string? WhySkip(WalkFrame frame, PlanNode node)
    {
        if (node.Node.Disabled)
            return "disabled";
        if (!node.Reachable)
            return "no trigger leads here";
        if (!node.Needed)
            return "only pinned nodes follow";
        if (isByWebhook && node.Descriptor.IsTrigger && node.Descriptor.Type != "Webhook")
            return "started by webhook";
        if (node.Inputs.Count == 0)
            return null;
        var any = false;
        foreach (var input in node.Inputs)
        {
            var taken = false;
            foreach (var source in input.Sources)
                taken |= InputBinder.Find(frame.Outputs(source.Node), source.Port) is not null;
            any |= taken;
            if (!taken && input.Port.Required)
                return $"nothing came to {input.Port.Title}";
        }
        return any ? null : "branch not taken";
    }

    /// <summary>A node's edges are decided: those who waited for the last of theirs are ready, and with the last node an iteration is over.</summary>
    void Decide(WalkFrame frame, PlanNode node)
    {
        foreach (var (next, edges) in node.Dependents)
        {
            ref var state = ref frame.State(next);
            state.Open -= edges;
            if (state.Open == 0)
                ready.Enqueue((frame, next));
        }
        if (--frame.Left > 0 || frame.Loop is not { } loop)
            return;
        End(loop, frame, frame.Result());
    }

    /// <summary>An iteration is over: the next one has its place.</summary>
    void End(LoopWork loop, WalkFrame frame, JsonElement? result)
    {
        loop.End(frame.Index, result);
        if (!frame.LeftOut)
            Spare(frame);
        if (!loop.Frame.IsOver)
            Advance(loop);
    }

    void Advance(LoopWork loop)
    {
        var body = loop.Node.Body ?? throw new InvalidOperationException($"{loop.Node.Node.Label} has no body to repeat.");
        while (loop.HasPlace)
        {
            var frame = spare.TryGetValue(body, out var frames) && frames.TryPop(out var used) ? used : WalkFrame.Of(plan, body);
            frame.Begin(loop, loop.Take());
            if (frame.Left > 0 && !WasLeftOut(frame))
            {
                Enter(frame);
                continue;
            }
            // Left out in an earlier life of the run; or there is nothing between item and return port.
            loop.End(frame.Index, frame.Left > 0 ? null : frame.Result());
            Spare(frame);
        }
        if (loop.IsThrough)
            through.Enqueue(loop);
    }

    /// <summary>Whether a step of the iteration failed for good before: then none of the others may begin now.</summary>
    bool WasLeftOut(WalkFrame frame)
    {
        if (run.History.Steps.Count == 0 || frame.Loop is not { Spec.SkipFailed: true })
            return false;
        return frame.Scope.Nodes.Any(n => StepPast.Of(run, frame.Key(n)).Kind is PastKind.Failed);
    }

    /// <summary>An iteration's frame serves the next one: a loop makes as many as are at work at the same time.</summary>
    void Spare(WalkFrame frame)
    {
        if (!spare.TryGetValue(frame.Scope, out var frames))
            spare[frame.Scope] = frames = new();
        frames.Push(frame);
    }

    void Enter(WalkFrame frame)
    {
        foreach (var node in frame.Scope.Nodes)
        {
            if (node.Awaits == 0)
                ready.Enqueue((frame, node));
        }
    }
}
