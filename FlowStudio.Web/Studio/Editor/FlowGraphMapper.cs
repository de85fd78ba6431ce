using System.Globalization;
using System.Text.Json;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Editor.Canvas;
using FlowStudio.Web.Studio.Questions;
using FlowStudio.Web.Studio.Runs;
using FlowStudio.Web.Studio.Shared;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>What a graph says beside the document: whose it is, how it stands, and what may be done to it.</summary>
public sealed record GraphStanding
{
    public string FlowId { get; init; } = "";

    public int Revision { get; init; }

    public bool Editable { get; init; }

    /// <summary>What Undo would take back and Redo would do again, by name.</summary>
    public string? Undo { get; init; }

    /// <inheritdoc cref="Undo"/>
    public string? Redo { get; init; }

    public bool AppliedOffline { get; init; }

    /// <summary>Of the whole flow; each is shown at its node.</summary>
    public IReadOnlyList<FlowProblem> Problems { get; init; } = [];
}

/// <summary>From the document and a run to what the canvas draws; pure, and one way: the picture is never what is saved.</summary>
public static class FlowGraphMapper
{
    const int MaxSetting = 80, MaxProblems = 8;
    const double NoteWidth = 320, NoteHeight = 96;

    /// <summary>The document to be looked at, by nobody in particular.</summary>
    public static CanvasGraph Graph(FlowDocument document, INodeShapes shapes, Func<string, ComponentLook?> lookOf) => Graph(document, shapes, lookOf, new());

    public static CanvasGraph Graph(FlowDocument document, INodeShapes shapes, Func<string, ComponentLook?> lookOf, GraphStanding standing)
    {
        // Two nodes with one id are a problem that validation tells; the canvas draws the first. So with notes and edges.
        var nodes = document.Nodes.DistinctBy(n => n.Id, StringComparer.Ordinal).ToList();
        var shapesById = nodes.ToDictionary(n => n.Id, shapes.ShapeOf, StringComparer.Ordinal);
        var problems = standing.Problems.Where(p => p.NodeId is not null).ToLookup(p => p.NodeId, StringComparer.Ordinal);
        return new(
            [.. nodes.Select(n => NodeOf(n, shapesById[n.Id], lookOf(n.Type), document) with { Problems = [.. problems[n.Id].Take(MaxProblems).Select(ProblemOf)] })],
            [.. document.Notes.DistinctBy(n => n.Id, StringComparer.Ordinal).Select(NoteOf)],
            [.. document.Edges.Where(e => shapesById.ContainsKey(e.From.Node) && shapesById.ContainsKey(e.To.Node)).DistinctBy(e => (e.From, e.To)).Select(e => EdgeOf(e, shapesById))],
            // A view whose zoom is nothing was never looked at.
            document.Viewport is { Zoom: > 0 } v ? new(v.X, v.Y, v.Zoom) : null)
        {
            FlowId = standing.FlowId,
            Revision = standing.Revision,
            Editable = standing.Editable,
            Undo = standing.Undo,
            Redo = standing.Redo,
            AppliedOffline = standing.AppliedOffline,
        };
    }

    /// <summary>Everything that can be added, and which type flows into which.</summary>
    public static CanvasCatalog Catalog(ComponentCatalog catalog)
    {
        var types = Enum.GetValues<PortType>();
        return new(
            [.. catalog.All.Select(d => ComponentOf(d, catalog))],
            [.. types.Select(from => new CanvasConversion(TypeOf(from), [.. types.Where(to => PortTypes.Fits(from, to)).Select(TypeOf)]))]);
    }

    static CanvasComponent ComponentOf(ComponentDescriptor descriptor, ComponentCatalog catalog)
    {
        // The ports a new node really begins with: settings make some of them.
        var shape = catalog.ShapeOf(new() { Id = "new", Type = descriptor.Type });
        return new(
            descriptor.Type, descriptor.Title, Kind(descriptor.Category), catalog.Look(descriptor.Type)?.Icon ?? "puzzle", descriptor.Summary, descriptor.CanBeTool,
            [.. (shape?.Inputs ?? descriptor.Inputs).Select(p => InputOf(p, descriptor.ReturnPort))], [.. descriptor.Outputs.Select(OutputOf)]);
    }

    /// <summary>The states of some nodes in a run, or of all that it has reached.</summary>
    public static IReadOnlyList<CanvasNodeState> States(RunProgress run, IEnumerable<string> nodeIds, DateTimeOffset now) =>
        [.. nodeIds.Select(id => run.Latest(id) is { } step ? StateOf(step, now) : NotReached(id, run.IsFinal))];

    static CanvasNodeState NotReached(string nodeId, bool runEnded) => runEnded
        ? new(nodeId, CanvasNodeStatus.Skipped, DurationMs: null, "not reached")
        : new(nodeId, CanvasNodeStatus.Pending, DurationMs: null, Message: null);

    static CanvasNodeState StateOf(StepView step, DateTimeOffset now)
    {
        var status = step.Status switch
        {
            StepStatus.Running => CanvasNodeStatus.Running,
            StepStatus.Waiting => CanvasNodeStatus.Waiting,
            StepStatus.Succeeded => CanvasNodeStatus.Succeeded,
            StepStatus.Failed => CanvasNodeStatus.Failed,
            StepStatus.Skipped => CanvasNodeStatus.Skipped,
            _ => CanvasNodeStatus.Pending,
        };
        double? duration = status is CanvasNodeStatus.Skipped or CanvasNodeStatus.Pending || step.StartedAt is not { } from
            ? null
            : Math.Max(0, ((step.FinishedAt ?? now) - from).TotalMilliseconds);
        return new(step.NodeId, status, duration, step.Error?.Message ?? (step.Asks is { } asked ? AnswerWords.Line(asked.Question) : step.WaitsFor is { } wait ? $"waits for {wait}" : null))
        {
            Wait = WaitOf(step),
            Reused = step.ReusedFrom is not null,
        };
    }

    static CanvasWait? WaitOf(StepView step) => step switch
    {
        { Status: not StepStatus.Waiting } or { WaitsFor: null } => null,
        { ChildRunId: not null } => CanvasWait.Run,
        { Asks: not null } => CanvasWait.Person,
        _ => CanvasWait.Time,
    };

    static CanvasProblem ProblemOf(FlowProblem problem) => new(problem.Severity is ProblemSeverity.Error, problem.Message, problem.Advice);

    static CanvasNote NoteOf(Note note) => new(
        note.Id, note.Position.X, note.Position.Y, note.Width ?? NoteWidth, note.Height ?? NoteHeight, note.Text, SafeMarkdown.Render(note.Text, out _), note.Color);

    static CanvasInput InputOf(InputPort port, string? returnPort) =>
        new(port.Name, port.Title, TypeOf(port.Type), [.. port.Accepts.Select(TypeOf)], port.Many, port.Required, port.Name == returnPort);

    static CanvasOutput OutputOf(OutputPort port) => new(port.Name, port.Title, TypeOf(port.Type));

    static CanvasNode NodeOf(Node node, NodeShape? shape, ComponentLook? look, FlowDocument document)
    {
        if (shape is null || look is null)
        {
            // A placeholder shows the ports that edges prove.
            return new(node.Id, node.Type, node.Label, CanvasKind.Shape, "puzzle", Known: false, node.Position.X, node.Position.Y, [new("", $"no component {node.Type}")],
                [.. Proven(document.Edges.Where(e => e.To.Node == node.Id).Select(e => e.To.Port)).Select(p => new CanvasInput(p, p, CanvasPortType.Any, [], Many: true, Required: false, Returns: false))],
                [.. Proven(document.Edges.Where(e => e.From.Node == node.Id).Select(e => e.From.Port)).Select(p => new CanvasOutput(p, p, CanvasPortType.Any))],
                FlowJson.ToText(node))
            {
                Disabled = node.Disabled,
                Pinned = node.Pinned is not null,
            };
        }
        var descriptor = look.Descriptor;
        var shown = descriptor.Highlights.Select(name => descriptor.Fields.FirstOrDefault(f => f.Name == name)).OfType<Field>()
            .Where(f => SettingText.Applies(descriptor, node, f));
        var title = node.Title.Length > 0 ? node.Title : descriptor.Title;
        return new(node.Id, node.Type, title, Kind(descriptor.Category), look.Icon, Known: true, node.Position.X, node.Position.Y,
            [.. shown.Select(f => SettingOf(node, f)).OfType<CanvasSetting>()],
            [.. shape.Inputs.Select(p => InputOf(p, shape.ReturnPort))],
            [.. shape.Outputs.Select(OutputOf)],
            FlowJson.ToText(node))
        {
            Tool = shape.CanBeTool ? OutputOf(ToolPort.Output) : null,
            Disabled = node.Disabled,
            Pinned = node.Pinned is not null,
        };
    }

    static IEnumerable<string> Proven(IEnumerable<string> ports) => ports.Distinct(StringComparer.Ordinal);

    static CanvasSetting? SettingOf(Node node, Field field)
    {
        var value = node.Settings.TryGetValue(field.Name, out var own) ? own : field.DefaultValue;
        // What counts before a run begins is worth a line only where it is not as usual.
        if (field.Fixed && JsonElement.DeepEquals(value, field.DefaultValue))
            return null;
        var text = SettingText.Of(field, value);
        if (text.Length == 0)
            return null;
        if (text.Length > MaxSetting)
            text = string.Concat(text.AsSpan(0, MaxSetting), "…");
        // Templates and other long texts speak for themselves.
        var label = field.Kind is FieldKind.Template or FieldKind.Multiline ? "" : field.Title.ToLower(CultureInfo.InvariantCulture);
        return new(label, text.ReplaceLineEndings(" "));
    }

    static CanvasEdge EdgeOf(Edge edge, Dictionary<string, NodeShape?> shapes)
    {
        var type = shapes.GetValueOrDefault(edge.From.Node)?.Output(edge.From.Port)?.Type ?? PortType.Any;
        return new(edge.From.Node, edge.From.Port, edge.To.Node, edge.To.Port, TypeOf(type));
    }

    public static CanvasKind Kind(Category category) => category switch
    {
        Category.Start => CanvasKind.Start,
        Category.Shape => CanvasKind.Shape,
        Category.Models => CanvasKind.Models,
        Category.Route => CanvasKind.Route,
        Category.Data => CanvasKind.Data,
        Category.Out => CanvasKind.Out,
        _ => CanvasKind.Shape,
    };

    static CanvasPortType TypeOf(PortType type) => type switch
    {
        PortType.Message => CanvasPortType.Message,
        PortType.Data => CanvasPortType.Data,
        PortType.Table => CanvasPortType.Table,
        PortType.Number => CanvasPortType.Number,
        PortType.Boolean => CanvasPortType.Boolean,
        PortType.Model => CanvasPortType.Model,
        PortType.Tool => CanvasPortType.Tool,
        _ => CanvasPortType.Any,
    };
}
