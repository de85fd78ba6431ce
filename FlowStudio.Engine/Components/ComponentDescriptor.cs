using FlowStudio.Engine.Flows;

namespace FlowStudio.Engine.Components;

/// <summary>Where a component stands in the palette, and its colour.</summary>
public enum Category
{
    /// <summary>Runs begin here.</summary>
    Start,

    /// <summary>Makes one shape of value from another.</summary>
    Shape,

    /// <summary>Language models and what uses them.</summary>
    Models,

    /// <summary>Decides what runs, when and how often.</summary>
    Route,

    /// <summary>Reads or keeps information.</summary>
    Data,

    /// <summary>What leaves the flow.</summary>
    Out,
}

/// <summary>Whether repeating a node can be noticed outside.</summary>
public enum Effects
{
    /// <summary>Recomputed at will: templates, parsing, routing.</summary>
    Pure,

    /// <summary>Calls out, costs money, reads clock or chance, or keeps state: its output is durable before anything downstream starts, and a finished one never runs again.</summary>
    External,
}

/// <summary>All there is to know about a component without running it.</summary>
/// <param name="Type">Stored in flows; never changes.</param>
/// <param name="Title">What people read.</param>
/// <param name="Summary">One line: what it does.</param>
public sealed record ComponentDescriptor(string Type, string Title, Category Category, Effects Effects, string Summary)
{
    public IReadOnlyList<InputPort> Inputs { get; init; } = [];

    public IReadOnlyList<OutputPort> Outputs { get; init; } = [];

    public IReadOnlyList<Field> Fields { get; init; } = [];

    /// <summary>Runs can start here: the run's input reaches it without an edge.</summary>
    public bool IsTrigger { get; init; }

    /// <summary>What it gives is the run's output.</summary>
    public bool IsOutput { get; init; }

    /// <summary>An agent may call it, by the hidden output <see cref="ToolPort"/>; what starts or ends a flow, or repeats a part of it, is no tool.</summary>
    public bool CanBeTool { get => field && !IsTrigger && !IsOutput && ReturnPort is null; init; } = true;

    /// <summary>Fields whose values the canvas shows on the node, at most three.</summary>
    public IReadOnlyList<string> Highlights { get; init; } = [];

    /// <summary>How long one attempt may take when the node says nothing; null: no limit of its own (a pure node).</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The input that may close a cycle (a Loop's), or null.</summary>
    public string? ReturnPort { get; init; }

    /// <summary>The output that gives one item after another to the nodes that are repeated (a Loop's body), or null.</summary>
    public string? ItemPort { get; init; }

    /// <summary>Inputs that settings make, e.g. one per variable of a template; null when there are none.</summary>
    public Func<Node, IReadOnlyList<InputPort>>? DynamicInputs { get; init; }

    /// <summary>Outputs that settings make; null when there are none.</summary>
    public Func<Node, IReadOnlyList<OutputPort>>? DynamicOutputs { get; init; }

    /// <summary>Flows may have it, but nobody places it: it is in no palette and no list of components.</summary>
    public bool IsHidden { get; init; }

    /// <summary>Its failure ends only the paths through it: what else runs goes on, and the run fails when nothing comes out in the end.</summary>
    public bool FailsItsPathsOnly { get; init; }

    /// <summary>What is wrong with a node's settings beyond what its fields say themselves (a template's syntax).</summary>
    public Func<Node, IEnumerable<FlowProblem>>? Check { get; init; }

    /// <summary>Paths into the incoming Data that the settings read (<c>order.id</c>), for sample bodies and completion; null when none.</summary>
    public Func<Node, IEnumerable<string>>? ReadsPaths { get; init; }

    /// <summary>Variables that settings name otherwise than by reference or in a field for a secret, each with its field; null when none.</summary>
    public Func<Node, IEnumerable<(string Variable, string Field)>>? ReadsVariables { get; init; }
}
