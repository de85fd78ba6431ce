namespace FlowStudio.Engine.Flows;

/// <summary>What travels along an edge. Values are JSON: see each member.</summary>
public enum PortType
{
    /// <summary>Whatever comes.</summary>
    Any,

    /// <summary>A text: a JSON string, or the message object of a chat (its <c>text</c> is the text).</summary>
    Message,

    /// <summary>A JSON value, usually an object.</summary>
    Data,

    /// <summary>A JSON array of Data.</summary>
    Table,

    /// <summary>A JSON number.</summary>
    Number,

    /// <summary>A JSON boolean.</summary>
    Boolean,

    /// <summary>A configured model, for components that call one.</summary>
    Model,

    /// <summary>A component or flow that an agent may call.</summary>
    Tool,
}

/// <summary>Where values enter a node.</summary>
/// <param name="Name">Unique among the node's inputs; stored in edges.</param>
/// <param name="Accepts">The types taken without or by lossless conversion; the first is the port's own (its colour and shape).</param>
public sealed record InputPort(string Name, params PortType[] Accepts)
{
    /// <summary>What people read; the name with a capital when not given.</summary>
    public string Title { get => field ?? Titles.FromName(Name); init; }

    /// <summary>Takes any number of edges and then holds a list, in the order of the edges.</summary>
    public bool Many { get; init; }

    /// <summary>Must have an edge, or a value in the field of the same name.</summary>
    public bool Required { get; init; }

    /// <summary>Another field whose value will do for a required input, or null.</summary>
    public string? OrField { get; init; }

    /// <summary>When an agent calls the node as a tool and nothing is connected here, the model gives the value.</summary>
    public bool ToolParameter { get; init; }

    /// <summary>One line for people.</summary>
    public string Help { get; init; } = "";

    /// <summary>The type that gives the port its look.</summary>
    public PortType Type => Accepts.Length == 0 ? PortType.Any : Accepts[0];
}

/// <summary>Where values leave a node.</summary>
/// <param name="Name">Unique among the node's outputs; stored in edges.</param>
/// <param name="Type">The type of what leaves.</param>
public sealed record OutputPort(string Name, PortType Type)
{
    /// <summary>What people read; the name with a capital when not given.</summary>
    public string Title { get => field ?? Titles.FromName(Name); init; }

    /// <summary>One line for people.</summary>
    public string Help { get; init; } = "";
}

/// <summary>The output that every component has which an agent may call; not among its own outputs.</summary>
public static class ToolPort
{
    public const string Name = "component_as_tool";

    public static OutputPort Output { get; } = new(Name, PortType.Tool) { Title = "Tool", Help = "Connect it to an Agent, which then calls this node when it needs to." };
}

/// <summary>Which type may flow into which port.</summary>
public static class PortTypes
{
    /// <summary>Whether <paramref name="from"/> reaches <paramref name="to"/> as it is or by a conversion that loses nothing.</summary>
    public static bool Fits(PortType from, InputPort to) => to.Accepts.Length == 0 ? !IsPart(from) : Array.Exists(to.Accepts, t => Fits(from, t));

    /// <summary>Message ⇒ Data wraps the text; Number and Boolean ⇒ Message prints it; Data ⇒ Table is a list of one. Data ⇒ Message needs a template.</summary>
    public static bool Fits(PortType from, PortType to) => IsPart(from) || IsPart(to) ? from == to : from == to || from is PortType.Any || to is PortType.Any || (from, to) is
        (PortType.Message, PortType.Data) or (PortType.Number, PortType.Message) or (PortType.Boolean, PortType.Message)
        or (PortType.Number, PortType.Data) or (PortType.Boolean, PortType.Data) or (PortType.Data, PortType.Table);

    /// <summary>A part of the flow itself, and no value: a model names a secret's variable, so none may come out of data.</summary>
    static bool IsPart(PortType type) => type is PortType.Model or PortType.Tool;
}

static class Titles
{
    /// <summary><c>input_value</c> becomes <c>Input value</c>.</summary>
    public static string FromName(string name) =>
        name.Length == 0 ? name : char.ToUpperInvariant(name[0]) + name[1..].Replace('_', ' ');
}
