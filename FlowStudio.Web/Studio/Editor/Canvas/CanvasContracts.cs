using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlowStudio.Web.Studio.Editor.Canvas;

// What the server says to the canvas island; CanvasMessages.cs has what it answers. types.ts says the same in TypeScript and checks it at
// run time; messages.golden.ts, written by CanvasContractsTests, holds the two together.

/// <summary>A message to the canvas; JSON tells them apart by <c>type</c>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(CanvasGraph), "graph")]
[JsonDerivedType(typeof(CanvasCatalog), "catalog")]
[JsonDerivedType(typeof(CanvasRunState), "runState")]
[JsonDerivedType(typeof(CanvasSelect), "select")]
[JsonDerivedType(typeof(CanvasFit), "fit")]
[JsonDerivedType(typeof(CanvasRefused), "refused")]
[JsonDerivedType(typeof(CanvasConnection), "connection")]
[JsonDerivedType(typeof(CanvasCommand), "command")]
[JsonDerivedType(typeof(CanvasPlace), "place")]
public abstract record ToCanvas;

/// <summary>
/// The whole flow as it is to be drawn. Without a viewport all of it is brought into sight the first time; later ones never move the view,
/// the selection, or what is being dragged.
/// </summary>
public sealed record CanvasGraph(IReadOnlyList<CanvasNode> Nodes, IReadOnlyList<CanvasNote> Notes, IReadOnlyList<CanvasEdge> Edges, CanvasViewport? Viewport)
    : ToCanvas
{
    /// <summary>Names what the browser keeps while offline; empty: nothing is kept.</summary>
    public string FlowId { get; init; } = "";

    /// <summary>The draft's revision as stored last; edits made offline name the one they were drawn on.</summary>
    public int Revision { get; init; }

    /// <summary>Whether the reader may change it; else the canvas only shows.</summary>
    public bool Editable { get; init; }

    /// <summary>What Undo would take back, as the name of the step; null when there is nothing.</summary>
    public string? Undo { get; init; }

    /// <summary>What Redo would do again; null when there is nothing.</summary>
    public string? Redo { get; init; }

    /// <summary>What the browser kept while offline has been applied or decided about: it forgets it.</summary>
    public bool AppliedOffline { get; init; }
}

/// <summary>What can be added, with the ports that each begins with, and which type flows into which.</summary>
public sealed record CanvasCatalog(IReadOnlyList<CanvasComponent> Components, IReadOnlyList<CanvasConversion> Conversions) : ToCanvas;

/// <summary>States of nodes in the run that is shown; <paramref name="Replace"/> forgets those of all others.</summary>
public sealed record CanvasRunState(bool Replace, IReadOnlyList<CanvasNodeState> States) : ToCanvas;

/// <summary>Selects these and nothing else, and brings them into sight; the canvas does not answer with <see cref="CanvasSelected"/>.</summary>
public sealed record CanvasSelect(IReadOnlyList<string> Nodes, IReadOnlyList<string> Notes, IReadOnlyList<CanvasEdgeRef> Edges) : ToCanvas
{
    /// <summary>Selects one node, or nothing.</summary>
    public CanvasSelect(string? nodeId)
        : this(nodeId is null ? [] : [nodeId], [], [])
    {
    }
}

/// <summary>Brings the whole flow into sight.</summary>
public sealed record CanvasFit : ToCanvas;

/// <summary>The server did not do what was drawn, and why; the canvas goes back to the last graph.</summary>
public sealed record CanvasRefused(string Reason) : ToCanvas;

/// <summary>Whether edits reach the server; the canvas also finds out by itself.</summary>
public sealed record CanvasConnection(bool Online) : ToCanvas;

/// <summary>Does what a key or button on the canvas would do.</summary>
public sealed record CanvasCommand(CanvasCommandName Name) : ToCanvas;

/// <summary>Adds a component where the reader looks: the canvas answers with <see cref="CanvasAdd"/>.</summary>
public sealed record CanvasPlace(string Component) : ToCanvas;

/// <summary>
/// A component as drawn. <paramref name="Type"/> is the component's, <paramref name="Icon"/> a symbol of the icon sheet, <paramref name="Known"/>
/// false for a placeholder, <paramref name="Source"/> the node as the flow file has it, for the clipboard.
/// </summary>
public sealed record CanvasNode(
    string Id, string Type, string Title, CanvasKind Kind, string Icon, bool Known, double X, double Y,
    IReadOnlyList<CanvasSetting> Settings, IReadOnlyList<CanvasInput> Inputs, IReadOnlyList<CanvasOutput> Outputs, string Source)
{
    /// <summary>The output by which an agent calls it, shown when it is wired or about to be; null when it is no tool.</summary>
    public CanvasOutput? Tool { get; init; }

    public bool Disabled { get; init; }

    /// <summary>Its outputs are pinned: it does not run, it gives those.</summary>
    public bool Pinned { get; init; }

    public IReadOnlyList<CanvasProblem> Problems { get; init; } = [];
}

/// <summary>
/// A sticky note; positions and sizes are in pixels at 100 %. <paramref name="Html"/> is its Markdown made safe by the server, or null when the
/// text is to be shown as it is.
/// </summary>
public sealed record CanvasNote(string Id, double X, double Y, double Width, double Height, string Text, string? Html, string? Color);

public sealed record CanvasEdge(string Source, string SourcePort, string Target, string TargetPort, CanvasPortType Type);

/// <summary>Which edge: a flow has at most one between two ports.</summary>
public sealed record CanvasEdgeRef(string Source, string SourcePort, string Target, string TargetPort);

/// <summary>Where values enter: <paramref name="Accepts"/> is empty when anything is taken; <paramref name="Many"/> takes several edges;
/// <paramref name="Returns"/> may close a circle (a Loop's).</summary>
public sealed record CanvasInput(string Name, string Label, CanvasPortType Type, IReadOnlyList<CanvasPortType> Accepts, bool Many, bool Required, bool Returns);

public sealed record CanvasOutput(string Name, string Label, CanvasPortType Type);

/// <summary>One of the two or three settings that tell a node from its like.</summary>
public sealed record CanvasSetting(string Label, string Value);

public sealed record CanvasProblem(bool IsError, string Message, string Advice);

public sealed record CanvasViewport(double X, double Y, double Zoom);

/// <summary>A component that can be added. <paramref name="Summary"/> is one line for people.</summary>
public sealed record CanvasComponent(
    string Type, string Title, CanvasKind Kind, string Icon, string Summary, bool CanBeTool, IReadOnlyList<CanvasInput> Inputs, IReadOnlyList<CanvasOutput> Outputs);

/// <summary>What a type may flow into without loss, itself included.</summary>
public sealed record CanvasConversion(CanvasPortType From, IReadOnlyList<CanvasPortType> To);

/// <summary>A node in a run. <paramref name="DurationMs"/> counts to its end, or to the moment of sending while it runs.</summary>
public sealed record CanvasNodeState(string NodeId, CanvasNodeStatus Status, double? DurationMs, string? Message)
{
    /// <summary>What it waits for; null when it does not.</summary>
    public CanvasWait? Wait { get; init; }

    /// <summary>Its outputs were taken over from a pin or from an earlier run.</summary>
    public bool Reused { get; init; }
}

/// <summary>What a component is for; it colours its tile.</summary>
[JsonConverter(typeof(CanvasEnum<CanvasKind>))]
public enum CanvasKind { Start, Shape, Models, Route, Data, Out }

/// <summary>Colour and shape of a port and of the edges that leave it.</summary>
[JsonConverter(typeof(CanvasEnum<CanvasPortType>))]
public enum CanvasPortType { Message, Data, Table, Number, Boolean, Model, Tool, Any }

[JsonConverter(typeof(CanvasEnum<CanvasNodeStatus>))]
public enum CanvasNodeStatus { Pending, Running, Waiting, Succeeded, Failed, Skipped }

[JsonConverter(typeof(CanvasEnum<CanvasWait>))]
public enum CanvasWait { Time, Person, Run }

/// <summary>What menus, shortcuts and the command palette ask of the canvas.</summary>
[JsonConverter(typeof(CanvasEnum<CanvasCommandName>))]
public enum CanvasCommandName
{
    ZoomIn, ZoomOut, ZoomReset, Fit, Snap, Legend, Focus, SelectAll, Copy, Cut, Paste, Duplicate, Delete, Rename, Bypass, AddNote, Arrange,
    AlignLeft, AlignCenter, AlignRight, AlignTop, AlignMiddle, AlignBottom, SpreadHorizontally, SpreadVertically,
}

/// <summary>Names as TypeScript writes them; numbers are refused.</summary>
public sealed class CanvasEnum<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, AllowOutOfOrderMetadataProperties = true)]
[JsonSerializable(typeof(ToCanvas))]
[JsonSerializable(typeof(FromCanvas))]
public sealed partial class CanvasJson : JsonSerializerContext;
