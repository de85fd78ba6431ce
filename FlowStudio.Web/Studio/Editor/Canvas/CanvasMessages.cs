using System.Text.Json.Serialization;

namespace FlowStudio.Web.Studio.Editor.Canvas;

/// <summary>A message of the canvas: one per finished gesture. Those that change the flow are <see cref="CanvasEdit"/>s.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(CanvasReady), "ready")]
[JsonDerivedType(typeof(CanvasError), "error")]
[JsonDerivedType(typeof(CanvasSelected), "selected")]
[JsonDerivedType(typeof(CanvasOpen), "open")]
[JsonDerivedType(typeof(CanvasLooked), "viewport")]
[JsonDerivedType(typeof(CanvasAsked), "command")]
[JsonDerivedType(typeof(CanvasPaste), "paste")]
[JsonDerivedType(typeof(CanvasDuplicate), "duplicate")]
[JsonDerivedType(typeof(CanvasOffline), "offline")]
[JsonDerivedType(typeof(CanvasMove), "move")]
[JsonDerivedType(typeof(CanvasArranged), "arranged")]
[JsonDerivedType(typeof(CanvasConnect), "connect")]
[JsonDerivedType(typeof(CanvasDelete), "delete")]
[JsonDerivedType(typeof(CanvasAdd), "add")]
[JsonDerivedType(typeof(CanvasInsert), "insert")]
[JsonDerivedType(typeof(CanvasRename), "rename")]
[JsonDerivedType(typeof(CanvasBypass), "bypass")]
[JsonDerivedType(typeof(CanvasAddNote), "addNote")]
[JsonDerivedType(typeof(CanvasNoteChanged), "noteChanged")]
public abstract record FromCanvas;

/// <summary>The canvas is mounted and takes messages.</summary>
public sealed record CanvasReady : FromCanvas;

/// <summary>Something failed in the browser.</summary>
public sealed record CanvasError(string Message, string? Detail) : FromCanvas;

/// <summary>All that is selected now, by the reader's hand.</summary>
public sealed record CanvasSelected(IReadOnlyList<string> Nodes, IReadOnlyList<string> Notes, IReadOnlyList<CanvasEdgeRef> Edges) : FromCanvas;

/// <summary>The reader wants to see a part of a node, which is selected already.</summary>
public sealed record CanvasOpen(string NodeId, CanvasShow Show) : FromCanvas;

/// <summary>Where the reader has come to look, once the view rests.</summary>
public sealed record CanvasLooked(double X, double Y, double Zoom) : FromCanvas;

/// <summary>A key or button that is the editor's, not the canvas's.</summary>
public sealed record CanvasAsked(CanvasAct Name) : FromCanvas;

/// <summary>
/// A fragment from the clipboard as JSON text. <paramref name="At"/> is where the fragment's upper left corner goes; null: beside the originals.
/// </summary>
public sealed record CanvasPaste(string Text, CanvasPoint? At) : FromCanvas;

/// <summary>Copies beside the originals, with the edges between them.</summary>
public sealed record CanvasDuplicate(IReadOnlyList<string> Nodes, IReadOnlyList<string> Notes) : FromCanvas;

/// <summary>
/// What was drawn without the server, in order, on the draft of <paramref name="BaseRevision"/>. Some of it may have been done already, when the
/// connection broke between the deed and its answer. A graph with <see cref="CanvasGraph.AppliedOffline"/> ends it.
/// </summary>
public sealed record CanvasOffline(int BaseRevision, IReadOnlyList<CanvasEdit> Edits) : FromCanvas;

/// <summary>A change of the flow that the browser can show by itself, and keep while offline.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(CanvasMove), "move")]
[JsonDerivedType(typeof(CanvasArranged), "arranged")]
[JsonDerivedType(typeof(CanvasConnect), "connect")]
[JsonDerivedType(typeof(CanvasDelete), "delete")]
[JsonDerivedType(typeof(CanvasAdd), "add")]
[JsonDerivedType(typeof(CanvasInsert), "insert")]
[JsonDerivedType(typeof(CanvasRename), "rename")]
[JsonDerivedType(typeof(CanvasBypass), "bypass")]
[JsonDerivedType(typeof(CanvasAddNote), "addNote")]
[JsonDerivedType(typeof(CanvasNoteChanged), "noteChanged")]
public abstract record CanvasEdit : FromCanvas;

/// <summary>Dragged, or pushed by arrow keys: where each is now.</summary>
public sealed record CanvasMove(IReadOnlyList<CanvasPlaced> Nodes, IReadOnlyList<CanvasPlaced> Notes) : CanvasEdit;

/// <summary>Aligned, spread or laid out: a move with a name for the history ("Align left").</summary>
public sealed record CanvasArranged(string Name, IReadOnlyList<CanvasPlaced> Nodes, IReadOnlyList<CanvasPlaced> Notes) : CanvasEdit;

/// <summary>A new edge, instead of <paramref name="Replaces"/> when one was led elsewhere.</summary>
public sealed record CanvasConnect(CanvasEdgeRef Edge, CanvasEdgeRef? Replaces) : CanvasEdit;

/// <summary>Removes these, and the edges of these nodes.</summary>
public sealed record CanvasDelete(IReadOnlyList<string> Nodes, IReadOnlyList<string> Notes, IReadOnlyList<CanvasEdgeRef> Edges) : CanvasEdit;

/// <summary>
/// A new node with its default settings. <paramref name="Id"/> is free in the flow as the browser knows it; when it is taken after all, the server
/// chooses another. <paramref name="Into"/>: put into an edge. <paramref name="Join"/>: wired to the port it was drawn from.
/// </summary>
public sealed record CanvasAdd(string Id, string Component, double X, double Y, CanvasInto? Into, CanvasJoin? Join) : CanvasEdit;

/// <summary>A node that is there already was dropped on an edge.</summary>
public sealed record CanvasInsert(string NodeId, double X, double Y, CanvasInto Into) : CanvasEdit;

/// <summary>An empty title is the component's own.</summary>
public sealed record CanvasRename(string NodeId, string Title) : CanvasEdit;

public sealed record CanvasBypass(IReadOnlyList<string> Nodes, bool Disabled) : CanvasEdit;

public sealed record CanvasAddNote(string Id, double X, double Y, double Width, double Height, string Text) : CanvasEdit;

/// <summary>What is null stays as it is.</summary>
public sealed record CanvasNoteChanged(string Id, string? Text, CanvasBox? Box, string? Color) : CanvasEdit;

/// <summary>The edge becomes two: into <paramref name="Input"/> and out of <paramref name="Output"/> of the node.</summary>
public sealed record CanvasInto(CanvasEdgeRef Edge, string Input, string Output);

/// <summary>The new node's <paramref name="NewPort"/> is wired to a port of another; <paramref name="Side"/> says what that other port is.</summary>
public sealed record CanvasJoin(string NodeId, string Port, CanvasSide Side, string NewPort);

public sealed record CanvasPlaced(string Id, double X, double Y);

public sealed record CanvasPoint(double X, double Y);

public sealed record CanvasBox(double X, double Y, double Width, double Height);

[JsonConverter(typeof(CanvasEnum<CanvasSide>))]
public enum CanvasSide { Input, Output }

[JsonConverter(typeof(CanvasEnum<CanvasShow>))]
public enum CanvasShow { Settings, Output, Problems }

/// <summary><c>Search</c>: the palette's search field; <c>Help</c>: the sheet of shortcuts.</summary>
[JsonConverter(typeof(CanvasEnum<CanvasAct>))]
public enum CanvasAct { Undo, Redo, Run, Save, Help, Search }
