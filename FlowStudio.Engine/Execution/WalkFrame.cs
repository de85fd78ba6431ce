using System.Text.Json;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Execution;

/// <summary>One pass over the nodes of a scope: the flow itself, or one iteration of a loop's body.</summary>
sealed class WalkFrame
{
    readonly NodeState[] states;
    readonly FlowPlan plan;
    string? pathText;

    WalkFrame(FlowPlan plan, PlanScope scope)
    {
        this.plan = plan;
        Scope = scope;
        states = new NodeState[scope.Nodes.Count];
        Outputs = OutputsOf;
    }

    public PlanScope Scope { get; }

    /// <summary>The loop at work whose iteration this is; null for the flow itself.</summary>
    public LoopWork? Loop { get; private set; }

    /// <summary>Which of the loop's items.</summary>
    public int Index { get; private set; }

    /// <summary>The iteration path of the steps in it.</summary>
    public IReadOnlyList<int> Path { get; private set; } = [];

    /// <summary>Nodes that are not decided yet.</summary>
    public int Left { get; set; }

    /// <summary>Nodes at work in it, and in the iterations within.</summary>
    public int Busy { get; set; }

    /// <summary>A node in it failed and its loop leaves it out: nothing more of it begins.</summary>
    public bool LeftOut { get; set; }

    /// <summary>What a node gave, as nodes in here see it: those of this frame and of the frames around; null when it gave nothing (yet).</summary>
    public Func<int, IReadOnlyList<PortValue>?> Outputs { get; }

    /// <summary>It, or a frame around it, is left out.</summary>
    public bool IsOver
    {
        get
        {
            for (var frame = this; frame is not null; frame = frame.Loop?.Frame)
            {
                if (frame.LeftOut)
                    return true;
            }
            return false;
        }
    }

    /// <summary>A failure in here ends with one of the loops around: it leaves its item out.</summary>
    public bool Skips
    {
        get
        {
            for (var loop = Loop; loop is not null; loop = loop.Frame.Loop)
            {
                if (loop.Spec.SkipFailed)
                    return true;
            }
            return false;
        }
    }

    PortValue[] Item { get; set; } = [];

    public static WalkFrame Of(FlowPlan plan, PlanScope scope)
    {
        var frame = new WalkFrame(plan, scope);
        frame.Reset();
        return frame;
    }

    /// <summary>Makes it the iteration of another item; all its nodes must have been decided.</summary>
    public void Begin(LoopWork loop, int index)
    {
        (Loop, Index) = (loop, index);
        Path = [.. loop.Frame.Path, index];
        pathText = null;
        Item = [new PortValue(loop.Node.Descriptor.ItemPort ?? "", loop.Spec.Items[index])];
        Reset();
    }

    public ref NodeState State(PlanNode node) => ref states[node.Local];

    public StepKey Key(PlanNode node) => new(node.Node.Id, pathText ??= StepKey.PathOf(Path));

    /// <summary>What came to the loop's return port; null when that branch was not taken.</summary>
    public JsonElement? Result() => Scope.Result is { } from ? InputBinder.Find(OutputsOf(from.Node), from.Port) : null;

    void Reset()
    {
        Left = states.Length;
        for (var i = 0; i < states.Length; i++)
            states[i] = new NodeState { Open = Scope.Nodes[i].Awaits };
    }

    IReadOnlyList<PortValue>? OutputsOf(int node)
    {
        var source = plan.Nodes[node];
        for (var frame = this; frame is not null; frame = frame.Loop?.Frame)
        {
            if (frame.Scope == source.Scope)
                return frame.states[source.Local].Outputs;
            if (frame.Loop?.Node == source)
                return frame.Item;
        }
        return null;
    }
}

/// <summary>Where a node stands in a frame.</summary>
struct NodeState
{
    /// <summary>Edges that are not decided yet.</summary>
    public int Open;
    public IReadOnlyList<PortValue>? Outputs;

    /// <summary>What it waits for.</summary>
    public NodeResume? Wait;

    /// <summary>How its wait ended.</summary>
    public NodeResume? Resume;

    /// <summary>Attempts that have begun.</summary>
    public int Attempts;

    /// <summary>The run has stopped before it, and was let go on.</summary>
    public bool LetGo;

    /// <summary>What it gave, while the run stops after it.</summary>
    public IReadOnlyList<PortValue>? Held;
}

/// <summary>A loop whose iterations are under way.</summary>
/// <param name="Frame">Where the loop's own node stands.</param>
/// <param name="Attempt">The attempt of the loop's node.</param>
/// <param name="Since">When it began, in whatever life of the run.</param>
sealed record LoopWork(WalkFrame Frame, PlanNode Node, NodeLoop Spec, int Attempt, DateTimeOffset Since)
{
    readonly JsonElement?[] results = new JsonElement?[Spec.Items.Count];

    /// <summary>The item whose iteration begins next.</summary>
    public int Next { get; private set; }

    public int AtWork { get; private set; }

    public bool IsThrough => AtWork == 0 && Next == Spec.Items.Count;

    /// <summary>Another iteration may begin.</summary>
    public bool HasPlace => AtWork < Spec.Parallel && Next < Spec.Items.Count;

    public int Take()
    {
        AtWork++;
        return Next++;
    }

    /// <summary>An iteration is over; null when it gave no result.</summary>
    public void End(int index, JsonElement? result)
    {
        AtWork--;
        results[index] = result;
    }

    /// <summary>What the loop gives: the results in the order of the items.</summary>
    public PortValue Done() => new(Spec.Done.Name, JsonText.Element(results, static (json, all) =>
    {
        json.WriteStartArray();
        foreach (var result in all)
        {
            if (result is { } value)
                json.WriteRawValue(JsonText.Utf8(value), skipInputValidation: true);
        }
        json.WriteEndArray();
    }));
}
