namespace FlowStudio.Web.Studio.Editor.Dock;

/// <summary>What the dock below the canvas shows; the browser remembers it by these names.</summary>
public enum DockTab
{
    Log,
    Output,
    Chat,
    Problems,
}
