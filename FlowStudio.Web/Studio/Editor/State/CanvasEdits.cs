using FlowStudio.Engine.Flows;
using FlowStudio.Web.Studio.Editor.Canvas;

namespace FlowStudio.Web.Studio.Editor.State;

/// <summary>From what the canvas says to what is done to the document; pure.</summary>
public static class CanvasEdits
{
    /// <summary>The edit that a message asks for; null when it asks for none.</summary>
    public static Edit? Of(FromCanvas message) => message switch
    {
        CanvasMove m => new MoveItems(Places(m.Nodes), Places(m.Notes)),
        CanvasArranged m => new ArrangeNodes(Places(m.Nodes), m.Name) { Notes = Places(m.Notes) },
        CanvasConnect m => new Connect(From(m.Edge), To(m.Edge)) { Replaces = m.Replaces is { } old ? Key(old) : null },
        CanvasDelete m => new Delete(SelectionOf(m.Nodes, m.Notes, m.Edges)),
        CanvasAdd { Into: { } into } m => new InsertOnEdge(Key(into.Edge), m.Component, new(m.X, m.Y)) { Id = m.Id, Input = into.Input, Output = into.Output },
        CanvasAdd { Join: { } join } m => Joined(m, join),
        CanvasAdd m => new AddNode(m.Component, new(m.X, m.Y)) { Id = m.Id },
        CanvasInsert m => new InsertNode(Key(m.Into.Edge), m.NodeId, new(m.X, m.Y)) { Input = m.Into.Input, Output = m.Into.Output },
        CanvasRename m => new RenameNode(m.NodeId, m.Title),
        CanvasBypass m => new Bypass(m.Nodes, m.Disabled),
        CanvasAddNote m => new AddNote(new(m.X, m.Y), m.Text) { Id = m.Id, Width = m.Width, Height = m.Height },
        CanvasNoteChanged m => new ChangeNote(m.Id)
        {
            Text = m.Text,
            Position = m.Box is { } box ? new(box.X, box.Y) : null,
            Width = m.Box?.Width,
            Height = m.Box?.Height,
            Color = m.Color,
        },
        CanvasPaste m => new Paste(m.Text, m.At is { } at ? new(at.X, at.Y) : null),
        CanvasDuplicate m => new Duplicate(new Selection(m.Nodes, m.Notes)),
        _ => null,
    };

    public static Selection SelectionOf(IEnumerable<string> nodes, IEnumerable<string> notes, IEnumerable<CanvasEdgeRef> edges) => new(nodes, notes, edges.Select(Key));

    public static CanvasSelect ToCanvas(Selection selection) =>
        new([.. selection.Nodes], [.. selection.Notes], [.. selection.Edges.Select(e => new CanvasEdgeRef(e.From.Node, e.From.Port, e.To.Node, e.To.Port))]);

    static AddNode Joined(CanvasAdd m, CanvasJoin join)
    {
        var other = new PortRef(join.NodeId, join.Port);
        return new(m.Component, new(m.X, m.Y)) { Id = m.Id, Port = join.NewPort, From = join.Side is CanvasSide.Output ? other : null, To = join.Side is CanvasSide.Input ? other : null };
    }

    static Dictionary<string, Position> Places(IReadOnlyList<CanvasPlaced> items) =>
        items.DistinctBy(i => i.Id, StringComparer.Ordinal).ToDictionary(i => i.Id, i => new Position(i.X, i.Y), StringComparer.Ordinal);

    static PortRef From(CanvasEdgeRef edge) => new(edge.Source, edge.SourcePort);

    static PortRef To(CanvasEdgeRef edge) => new(edge.Target, edge.TargetPort);

    static EdgeKey Key(CanvasEdgeRef edge) => new(From(edge), To(edge));
}
