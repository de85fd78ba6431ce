using System.Globalization;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Web.Studio.Runs;

/// <summary>A step with those that happened in it, or one item of a loop with its steps.</summary>
public sealed class RunTreeNode
{
    /// <summary>The node; of an item, its loop.</summary>
    public required string NodeId { get; init; }

    public required IReadOnlyList<int> Iteration { get; init; }

    /// <summary>An item of a loop: it has no attempts of its own.</summary>
    public required bool IsItem { get; init; }

    /// <summary>Null for an item, and while the step itself has not begun.</summary>
    public StepAttempts? Attempts { get; internal set; }

    /// <summary>In the order in which they began.</summary>
    public List<RunTreeNode> Children { get; } = [];

    /// <summary>Unlike that of any other of the run.</summary>
    public string Key => string.Create(CultureInfo.InvariantCulture, $"{NodeId}:{StepKey.PathOf(Iteration)}{(IsItem ? "#" : "")}");

    /// <summary>Where it stands: its own newest attempt, or what its steps add up to.</summary>
    public StepStatus Status => Attempts is { All: [.., var last] } ? last.Status
        : Children.Exists(c => c.Status is StepStatus.Failed) ? StepStatus.Failed
        : Children.Exists(c => c.Status is StepStatus.Running) ? StepStatus.Running
        : Children.Exists(c => c.Status is StepStatus.Waiting) ? StepStatus.Waiting
        : Children.Count > 0 && Children.TrueForAll(c => c.Status is StepStatus.Skipped) ? StepStatus.Skipped
        : Children.Count > 0 ? StepStatus.Succeeded : StepStatus.Pending;
}

/// <summary>The steps of a run, in one another as they happened; grows with the run. No Blazor in it.</summary>
public sealed class RunTree(FlowDocument? document)
{
    readonly StepNesting nesting = StepNesting.Of(document);
    readonly Dictionary<(string, string, bool), RunTreeNode> byKey = [];
    readonly List<RunTreeNode> roots = [];
    int outside;
    int inside;

    /// <summary>Those in nothing but the run, in the order in which they began.</summary>
    public IReadOnlyList<RunTreeNode> Roots => roots;

    /// <summary>Takes in what has begun since the last time.</summary>
    public void Take(RunProgress run)
    {
        // Both are in the order of their beginnings; so is what is made of them.
        while (outside < run.Outside.Count || inside < run.Inside.Count)
        {
            var next = inside >= run.Inside.Count || (outside < run.Outside.Count && run.Outside[outside].Order < run.Inside[inside].Order)
                ? run.Outside[outside++]
                : run.Inside[inside++];
            var step = next.All[0];
            Get(step.NodeId, step.Iteration, isItem: false).Attempts = next;
        }
    }

    /// <summary>Whether a step is a turn of an agent: it happened in a step of the same node.</summary>
    public bool IsTurn(RunTreeNode node) => !node.IsItem && nesting.PlaceOf(node.NodeId, node.Iteration) is { IsItem: false } place && place.NodeId == node.NodeId;

    RunTreeNode Get(string nodeId, IReadOnlyList<int> iteration, bool isItem)
    {
        var key = (nodeId, StepKey.PathOf(iteration), isItem);
        if (byKey.TryGetValue(key, out var node))
            return node;
        byKey[key] = node = new() { NodeId = nodeId, Iteration = iteration, IsItem = isItem };
        // An item lies in the step of its loop.
        var place = isItem ? new StepPlace(nodeId, [.. iteration.SkipLast(1)], IsItem: false) : nesting.PlaceOf(nodeId, iteration);
        (place is { } around ? Get(around.NodeId, around.Iteration, around.IsItem).Children : roots).Add(node);
        return node;
    }
}
