using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlowStudio.Engine.Flows;

/// <summary>
/// What is drawn: nodes, edges, notes. Immutable; replaced whole. Secrets are never in it, only names of variables.
/// Properties this program does not know are kept (<see cref="Extra"/>), so that reading and writing gives back the same document.
/// That property alone has a setter: generated JSON code cannot fill an extension property that is init-only.
/// </summary>
public sealed record FlowDocument
{
    /// <summary>The schema this program writes and reads.</summary>
    public const int CurrentSchema = 1;

    [JsonPropertyOrder(0)]
    public int Schema { get; init; } = CurrentSchema;

    [JsonPropertyOrder(1)]
    public IReadOnlyList<Node> Nodes { get; init; } = [];

    [JsonPropertyOrder(2)]
    public IReadOnlyList<Edge> Edges { get; init; } = [];

    [JsonPropertyOrder(3)]
    public IReadOnlyList<Note> Notes { get; init; } = [];

    /// <summary>Where the canvas was last looked at.</summary>
    [JsonPropertyOrder(4)]
    public Viewport? Viewport { get; init; }

    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Extra { get; set; }

    /// <summary>The node with this id, or null.</summary>
    public Node? Node(string id) => Nodes.FirstOrDefault(n => n.Id == id);

    /// <summary>The document with no outputs pinned; itself when none are.</summary>
    public FlowDocument WithoutPins() => Nodes.All(n => n.Pinned is null) ? this
        : this with { Nodes = [.. Nodes.Select(n => n.Pinned is null ? n : n with { Pinned = null })] };
}

/// <summary>One component placed in a flow.</summary>
public sealed record Node
{
    [JsonPropertyOrder(0)]
    public required string Id { get; init; }

    /// <summary>The component's type, e.g. <c>DataToMessage</c>.</summary>
    [JsonPropertyOrder(1)]
    public required string Type { get; init; }

    [JsonPropertyOrder(2)]
    public string Title { get; init; } = "";

    [JsonPropertyOrder(3)]
    public Position Position { get; init; }

    /// <summary>
    /// Values by field name; a missing one is the field's default. A value may be <c>{"variable":"NAME"}</c>, optionally with
    /// <c>"format":"Bearer {value}"</c>: it is then looked up when the node runs.
    /// </summary>
    [JsonPropertyOrder(4)]
    public OrderedDictionary<string, JsonElement> Settings { get; init; } = [];

    /// <summary>Passed over: what comes in is not processed and nothing goes out.</summary>
    [JsonPropertyOrder(5), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Disabled { get; init; }

    /// <summary>Seconds one attempt may take; null: the component's own limit.</summary>
    [JsonPropertyOrder(6), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Timeout { get; init; }

    /// <summary>How often a failed attempt is repeated; null: the flow's setting.</summary>
    [JsonPropertyOrder(7), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Retries { get; init; }

    /// <summary>
    /// Outputs by port, kept for trying the flow out: in runs that the studio starts the node does not run, but gives these. Null when nothing is pinned.
    /// What triggers and callers run, and what is published, has none: see <see cref="FlowDocument.WithoutPins"/>.
    /// </summary>
    [JsonPropertyOrder(8), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public OrderedDictionary<string, JsonElement>? Pinned { get; init; }

    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Extra { get; set; }

    /// <summary>What people call this node: its title, else its type.</summary>
    [JsonIgnore]
    public string Label => Title.Length > 0 ? Title : Type;
}

/// <summary>From an output port to an input port.</summary>
public sealed record Edge
{
    [JsonPropertyOrder(0)]
    public required PortRef From { get; init; }

    [JsonPropertyOrder(1)]
    public required PortRef To { get; init; }

    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Extra { get; set; }
}

/// <summary>A port of a node.</summary>
public readonly record struct PortRef(string Node, string Port);

/// <summary>A place on the canvas, in its own units (pixels at 100 %).</summary>
public readonly record struct Position(double X, double Y);

/// <summary>What part of the canvas is shown.</summary>
public readonly record struct Viewport(double X, double Y, double Zoom);

/// <summary>A sticky note in Markdown.</summary>
public sealed record Note
{
    [JsonPropertyOrder(0)]
    public required string Id { get; init; }

    [JsonPropertyOrder(1)]
    public string Text { get; init; } = "";

    [JsonPropertyOrder(2)]
    public Position Position { get; init; }

    [JsonPropertyOrder(3), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Width { get; init; }

    [JsonPropertyOrder(4), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Height { get; init; }

    [JsonPropertyOrder(5), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Color { get; init; }

    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Extra { get; set; }
}
