namespace FlowStudio.Web.Studio.Editor.Dock;

/// <summary>A node that is to be shown: selected on the canvas, and with a field, with that field of its settings in view.</summary>
public readonly record struct NodePick(string NodeId, string? Field = null);
