using System.Globalization;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Editor.Canvas;
using FlowStudio.Web.Studio.Runs;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>From the document and a run to what the canvas draws; pure, and one way: the picture is never what is saved.</summary>
public static class FlowGraphMapper
{
    const int MaxSetting = 80;
    const double NoteWidth = 320, NoteHeight = 96;

    public static CanvasGraph Graph(FlowDocument document, INodeShapes shapes, Func<string, ComponentLook?> lookOf)
    {
        // Two nodes with one id are a problem that validation tells; the canvas draws the first.
        var nodes = document.Nodes.DistinctBy(n => n.Id, StringComparer.Ordinal).ToList();
        var shapesById = nodes.ToDictionary(n => n.Id, shapes.ShapeOf, StringComparer.Ordinal);
        return new(
            [.. nodes.Select(n => NodeOf(n, shapesById[n.Id], lookOf(n.Type), document))],
            [.. document.Notes.Select(n => new CanvasNote(n.Id, n.Position.X, n.Position.Y, n.Width ?? NoteWidth, n.Height ?? NoteHeight, n.Text))],
            [.. document.Edges.Where(e => shapesById.ContainsKey(e.From.Node) && shapesById.ContainsKey(e.To.Node)).Select((e, i) => EdgeOf(e, i, shapesById))],
            // A view whose zoom is nothing was never looked at.
            document.Viewport is { Zoom: > 0 } v ? new(v.X, v.Y, v.Zoom) : null);
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
        return new(step.NodeId, status, duration, step.Error?.Message ?? (step.WaitsFor is { } wait ? $"waits for {wait}" : null));
    }

    static CanvasNode NodeOf(Node node, NodeShape? shape, ComponentLook? look, FlowDocument document)
    {
        if (shape is null || look is null)
        {
            // A placeholder shows the ports that edges prove.
            return new(node.Id, node.Label, CanvasKind.Shape, "puzzle", Known: false, node.Position.X, node.Position.Y, [new("", $"no component {node.Type}")],
                Proven(document.Edges.Where(e => e.To.Node == node.Id).Select(e => e.To.Port)), Proven(document.Edges.Where(e => e.From.Node == node.Id).Select(e => e.From.Port)));
        }
        var descriptor = look.Descriptor;
        var shown = descriptor.Highlights.Select(name => descriptor.Fields.FirstOrDefault(f => f.Name == name)).OfType<Field>()
            .Where(f => SettingText.Applies(descriptor, node, f));
        var title = node.Title.Length > 0 ? node.Title : descriptor.Title;
        return new(node.Id, title, Kind(descriptor.Category), look.Icon, Known: true, node.Position.X, node.Position.Y,
            [.. shown.Select(f => SettingOf(node, f)).OfType<CanvasSetting>()],
            [.. shape.Inputs.Select(p => new CanvasPort(p.Name, p.Title, TypeOf(p.Type)))],
            [.. OutputsOf(node, shape, document).Select(p => new CanvasPort(p.Name, p.Title, TypeOf(p.Type)))]);
    }

    /// <summary>An agent's tool shows the port that makes it one, and nothing else: its own outputs go to the agent.</summary>
    static IEnumerable<OutputPort> OutputsOf(Node node, NodeShape shape, FlowDocument document) =>
        document.Edges.Any(e => e.From.Node == node.Id && e.From.Port == ToolPort.Name) && shape.Output(ToolPort.Name) is { } tool ? [tool] : shape.Outputs;

    static IReadOnlyList<CanvasPort> Proven(IEnumerable<string> ports) => [.. ports.Distinct(StringComparer.Ordinal).Select(p => new CanvasPort(p, p, CanvasPortType.Any))];

    static CanvasSetting? SettingOf(Node node, Field field)
    {
        var value = node.Settings.TryGetValue(field.Name, out var own) ? own : field.DefaultValue;
        var text = SettingText.Of(field, value);
        if (text.Length == 0)
            return null;
        if (text.Length > MaxSetting)
            text = string.Concat(text.AsSpan(0, MaxSetting), "…");
        // Templates and other long texts speak for themselves.
        var label = field.Kind is FieldKind.Template or FieldKind.Multiline ? "" : field.Title.ToLower(CultureInfo.InvariantCulture);
        return new(label, text.ReplaceLineEndings(" "));
    }

    static CanvasEdge EdgeOf(Edge edge, int index, Dictionary<string, NodeShape?> shapes)
    {
        var type = shapes.GetValueOrDefault(edge.From.Node)?.Output(edge.From.Port)?.Type ?? PortType.Any;
        return new(string.Create(CultureInfo.InvariantCulture, $"e{index}"), edge.From.Node, edge.From.Port, edge.To.Node, edge.To.Port, TypeOf(type));
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

/// <summary>A setting's value in words: what a person would say it is.</summary>
public static class SettingText
{
    public static string Of(Field field, JsonElement value)
    {
        if (VariableReference.TryRead(value, out var reference))
            return reference.Format?.Replace("{value}", $"[variable {reference.Name}]", StringComparison.Ordinal) ?? $"variable {reference.Name}";
        return value.ValueKind switch
        {
            JsonValueKind.True => "on",
            JsonValueKind.False => "off",
            JsonValueKind.Array when field.Kind is FieldKind.KeyValues => string.Join('\n', value.EnumerateArray().Select(Row)),
            JsonValueKind.Array when field.Kind is FieldKind.Files => value.GetArrayLength() is 1 ? "1 file" : $"{value.GetArrayLength()} files",
            JsonValueKind.Number when field.Unit is { } unit => $"{value.GetRawText()} {unit}",
            _ => JsonText.Of(value),
        };
    }

    /// <summary>Whether a setting means anything, given the others: a model's name does not while the provider has none.</summary>
    public static bool Applies(ComponentDescriptor descriptor, Node node, Field field)
    {
        if (field.ShownWhen is not { } when || descriptor.Fields.FirstOrDefault(f => f.Name == when.Field) is not { } other)
            return true;
        return when.Values.Contains(JsonText.Of(node.Settings.TryGetValue(other.Name, out var own) ? own : other.DefaultValue), StringComparer.Ordinal);
    }

    static string Row(JsonElement row)
    {
        if (row.ValueKind is not JsonValueKind.Object)
            return JsonText.Of(row);
        var key = row.TryGetProperty("key", out var k) ? JsonText.Of(k) : "";
        var cell = row.TryGetProperty("value", out var v) ? v : default;
        return $"{key}: {(VariableReference.TryRead(cell, out var reference) ? $"variable {reference.Name}" : JsonText.Of(cell))}";
    }
}
