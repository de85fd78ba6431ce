namespace FlowStudio.Engine.Flows;

/// <summary>How bad a problem is.</summary>
public enum ProblemSeverity
{
    /// <summary>The flow cannot run.</summary>
    Error,

    /// <summary>It runs, but perhaps not as meant.</summary>
    Warning,
}

/// <summary>Something wrong with a flow: where, what, and what to do.</summary>
/// <param name="Code">Stable, for programs: <c>unknown_type</c>, <c>missing_setting</c>…</param>
/// <param name="Severity">Whether it keeps the flow from running.</param>
/// <param name="NodeId">The node, or null for the flow as a whole.</param>
/// <param name="Field">The setting or port, or null.</param>
/// <param name="Message">What is wrong, in words.</param>
/// <param name="Advice">What to do about it.</param>
public sealed record FlowProblem(string Code, ProblemSeverity Severity, string? NodeId, string? Field, string Message, string Advice);

/// <summary>A node as validation and the canvas see it: the ports it really has, given its settings, and what is wrong with those.</summary>
/// <param name="Inputs">Fixed inputs, then those that settings make (a Prompt's variables).</param>
/// <param name="IsTrigger">Runs can start here.</param>
/// <param name="ReturnPort">The input that may close a cycle (a Loop's), or null.</param>
/// <param name="FieldProblems">Settings that are missing or wrong.</param>
public sealed record NodeShape(IReadOnlyList<InputPort> Inputs, IReadOnlyList<OutputPort> Outputs, bool IsTrigger, string? ReturnPort, IReadOnlyList<FlowProblem> FieldProblems)
{
    /// <summary>Required inputs that need no edge, because a setting of the same name has a value.</summary>
    public IReadOnlyList<string> FilledInputs { get; init; } = [];

    /// <summary>The output that a loop's body hangs on; null when it is no loop.</summary>
    public string? ItemPort { get; init; }

    /// <summary>An agent may call it: it has the hidden output <see cref="ToolPort"/>.</summary>
    public bool CanBeTool { get; init; }

    /// <summary>Settings that an agent gives when it calls the node.</summary>
    public IReadOnlyCollection<string?> ToolParameters { get; init; } = [];

    public InputPort? Input(string name) => Inputs.FirstOrDefault(p => p.Name == name);

    public OutputPort? Output(string name) => Outputs.FirstOrDefault(p => p.Name == name) ?? (CanBeTool && name == ToolPort.Name ? ToolPort.Output : null);
}

/// <summary>Tells a node's shape; the component catalog implements it.</summary>
public interface INodeShapes
{
    /// <summary>The shape, or null when no component has the node's type.</summary>
    NodeShape? ShapeOf(Node node);

    /// <summary>Types that look like <paramref name="type"/>, for advice; may be empty.</summary>
    IReadOnlyList<string> Suggest(string type);
}
