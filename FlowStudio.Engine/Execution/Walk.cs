using FlowStudio.Engine.Components;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Execution;

/// <summary>Where a walk through a plan stands: which nodes gave what, which are ready, which wait. Used by one thread at a time.</summary>
sealed class Walk
{
    readonly ActiveRun run;
    readonly FlowPlan plan;
    readonly State[] states;
    readonly Queue<PlanNode> ready = new();

    public Walk(ActiveRun run)
    {
        this.run = run;
        plan = run.Plan;
        states = new State[plan.Nodes.Count];
        foreach (var node in plan.Nodes)
            states[node.Index].Open = node.EdgesIn;
        foreach (var node in plan.Nodes)
        {
            if (node.EdgesIn == 0)
                ready.Enqueue(node);
        }
    }

    public bool AnyWaiting => Array.Exists(states, s => s.Wait is not null);

    /// <summary>When the first sleeping node goes on by itself.</summary>
    public DateTimeOffset? NextWake => states.Min(s => s.Wait?.Until);

    /// <summary>What a node gave; null when it gave nothing (yet).</summary>
    public IReadOnlyList<PortValue>? Outputs(int node) => states[node].Outputs;

    /// <summary>
    /// Takes the next node whose edges are all decided. <paramref name="node"/> is null when it needed no run: skipped, or finished in an
    /// earlier life of the run.
    /// </summary>
    public bool TryTakeReady(out PlanNode? node)
    {
        node = null;
        if (!ready.TryDequeue(out var next))
            return false;
        ref var state = ref states[next.Index];
        if (state.Resume is not null)
        {
            node = next;
            return true;
        }
        var past = StepPast.Of(run, new StepKey(next.Node.Id, ""));
        state.Attempts = past.Attempts;
        switch (past.Kind)
        {
            case PastKind.Succeeded:
                run.AddTokens(past.Tokens);
                Gave(next, past.Outputs);
                return true;
            case PastKind.Skipped:
                Skip(next);
                return true;
            case PastKind.Waits:
                state.Wait = past.Wait;
                return true;
            case PastKind.Resumes:
                state.Resume = past.Wait;
                break;
        }
        if (state.Resume is null && WhySkip(next) is { } reason)
        {
            run.Log.Add(RunEventTypes.NodeSkipped, next.Node.Id, iteration: null, attempt: null, reason, static (json, why) => json.WriteString("reason"u8, why));
            Skip(next);
            return true;
        }
        if (next.IsTool)
            Gave(next, [next.AsTool(InputBinder.Bind(next, Outputs))]);
        else
            node = next;
        return true;
    }

    /// <summary>How a node's wait ended, if it waited, and how many attempts of it there were.</summary>
    public (NodeResume? Resumed, int Attempts) Past(PlanNode node)
    {
        ref var state = ref states[node.Index];
        var resumed = state.Resume;
        state.Resume = null;
        return (resumed, state.Attempts);
    }

    public void Gave(PlanNode node, IReadOnlyList<PortValue> outputs)
    {
        states[node.Index].Outputs = outputs;
        Decide(node);
    }

    public void Waits(PlanNode node, NodeResume wait)
    {
        ref var state = ref states[node.Index];
        state.Wait = wait;
        state.Attempts = Math.Max(state.Attempts, 1);
    }

    /// <summary>Sleeping nodes whose time has come, or whose run has ended, are ready again; false when there are none.</summary>
    public bool WakeDue(DateTimeOffset now)
    {
        var any = false;
        foreach (var node in plan.Nodes)
        {
            ref var state = ref states[node.Index];
            if (state.Wait is not { } wait || !run.IsOver(wait.Until, wait.RunId, now))
                continue;
            state.Resume = wait;
            state.Wait = null;
            ready.Enqueue(node);
            any = true;
        }
        return any;
    }

    string? WhySkip(PlanNode node)
    {
        if (node.Node.Disabled)
            return "disabled";
        if (!node.Reachable)
            return "no trigger leads here";
        // A webhook call starts at Webhook nodes; a chat box in the same flow has nothing to say then.
        if (node.Descriptor.IsTrigger && run.Scope.Trigger is RunTrigger.Webhook && node.Descriptor.Type != "Webhook" && plan.Nodes.Any(n => n.Descriptor.Type == "Webhook"))
            return "started by webhook";
        if (node.EdgesIn == 0)
            return null;
        var any = false;
        foreach (var input in node.Inputs)
        {
            var taken = input.Sources.Any(s => InputBinder.Find(states[s.Node].Outputs, s.Port) is not null);
            any |= taken;
            if (!taken && input.Port.Required)
                return $"nothing came to {input.Port.Title}";
        }
        return any ? null : "branch not taken";
    }

    void Skip(PlanNode node) => Decide(node);

    /// <summary>A node's edges are decided: those who waited for the last of theirs are ready.</summary>
    void Decide(PlanNode node)
    {
        foreach (var index in node.Downstream)
        {
            var next = plan.Nodes[index];
            foreach (var input in next.Inputs)
            {
                foreach (var source in input.Sources)
                {
                    if (source.Node == node.Index)
                        states[index].Open--;
                }
            }
            if (states[index].Open == 0)
                ready.Enqueue(next);
        }
    }

    struct State
    {
        /// <summary>Edges that are not decided yet.</summary>
        public int Open;
        public IReadOnlyList<PortValue>? Outputs;
        public NodeResume? Wait;
        public NodeResume? Resume;
        public int Attempts;
    }
}
