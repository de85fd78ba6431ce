using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlowStudio.Web.Studio.Editor.Canvas;

// What the server and the canvas island say to each other. types.ts says the same in TypeScript and checks it at run time;
// messages.golden.ts, written by CanvasContractsTests, holds the two together.

/// <summary>A message to the canvas; JSON tells them apart by <c>type</c>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(CanvasGraph), "graph")]
[JsonDerivedType(typeof(CanvasRunState), "runState")]
[JsonDerivedType(typeof(CanvasSelect), "select")]
[JsonDerivedType(typeof(CanvasFit), "fit")]
public abstract record ToCanvas;

/// <summary>The whole flow as it is to be drawn. Without a viewport all of it is brought into sight the first time.</summary>
public sealed record CanvasGraph(IReadOnlyList<CanvasNode> Nodes, IReadOnlyList<CanvasNote> Notes, IReadOnlyList<CanvasEdge> Edges, CanvasViewport? Viewport)
    : ToCanvas;

/// <summary>States of nodes in the run that is shown; <paramref name="Replace"/> forgets those of all others.</summary>
public sealed record CanvasRunState(bool Replace, IReadOnlyList<CanvasNodeState> States) : ToCanvas;

/// <summary>Selects a node and brings it into sight, or selects nothing.</summary>
public sealed record CanvasSelect(string? NodeId) : ToCanvas;

/// <summary>Brings the whole flow into sight.</summary>
public sealed record CanvasFit : ToCanvas;

/// <summary>A component as drawn; <paramref name="Icon"/> is a symbol of the icon sheet, <paramref name="Known"/> is false for a placeholder.</summary>
public sealed record CanvasNode(
    string Id, string Title, CanvasKind Kind, string Icon, bool Known, double X, double Y,
    IReadOnlyList<CanvasSetting> Settings, IReadOnlyList<CanvasPort> Inputs, IReadOnlyList<CanvasPort> Outputs);

/// <summary>A sticky note; positions and sizes are in pixels at 100 %.</summary>
public sealed record CanvasNote(string Id, double X, double Y, double Width, double Height, string Text);

public sealed record CanvasEdge(string Id, string Source, string SourcePort, string Target, string TargetPort, CanvasPortType Type);

public sealed record CanvasPort(string Name, string Label, CanvasPortType Type);

/// <summary>One of the two or three settings that tell a node from its like.</summary>
public sealed record CanvasSetting(string Label, string Value);

public sealed record CanvasViewport(double X, double Y, double Zoom);

/// <summary>A node in a run. <paramref name="DurationMs"/> counts to its end, or to the moment of sending while it runs.</summary>
public sealed record CanvasNodeState(string NodeId, CanvasNodeStatus Status, double? DurationMs, string? Message);

/// <summary>What a component is for; it colours its tile.</summary>
[JsonConverter(typeof(CanvasEnum<CanvasKind>))]
public enum CanvasKind { Start, Shape, Models, Route, Data, Out }

/// <summary>Colour and shape of a port and of the edges that leave it.</summary>
[JsonConverter(typeof(CanvasEnum<CanvasPortType>))]
public enum CanvasPortType { Message, Data, Table, Number, Boolean, Model, Tool, Any }

[JsonConverter(typeof(CanvasEnum<CanvasNodeStatus>))]
public enum CanvasNodeStatus { Pending, Running, Waiting, Succeeded, Failed, Skipped }

/// <summary>A message of the canvas.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(CanvasReady), "ready")]
[JsonDerivedType(typeof(CanvasNodeSelected), "nodeSelected")]
[JsonDerivedType(typeof(CanvasError), "error")]
public abstract record FromCanvas;

/// <summary>The canvas is mounted and takes messages.</summary>
public sealed record CanvasReady : FromCanvas;

/// <summary>The reader chose a node, or none; by its badge, to see what went in and came out.</summary>
public sealed record CanvasNodeSelected(string? NodeId, CanvasShow Show) : FromCanvas;

/// <summary>Something failed in the browser.</summary>
public sealed record CanvasError(string Message, string? Detail) : FromCanvas;

[JsonConverter(typeof(CanvasEnum<CanvasShow>))]
public enum CanvasShow { Settings, Output }

/// <summary>Names as TypeScript writes them; numbers are refused.</summary>
public sealed class CanvasEnum<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, AllowOutOfOrderMetadataProperties = true)]
[JsonSerializable(typeof(ToCanvas))]
[JsonSerializable(typeof(FromCanvas))]
public sealed partial class CanvasJson : JsonSerializerContext;
