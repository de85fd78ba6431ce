using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>What the studio must know of a component to draw it.</summary>
/// <param name="Icon">A symbol of the icon sheet.</param>
public sealed record ComponentLook(ComponentDescriptor Descriptor, string Icon);

public static class ComponentLooks
{
    /// <summary>How the component of a type looks; null when there is none. Icons lie beside the classes and carry their names into the icon sheet.</summary>
    public static ComponentLook? Look(this ComponentCatalog catalog, string type) =>
        catalog.Find(type) is { } descriptor && catalog.Executor(type) is { } executor ? new(descriptor, $"component-{executor.GetType().Name}") : null;

    /// <summary>What people call a node: its own title, else its component's, else its type; a node that is gone is called by its id.</summary>
    public static string TitleOf(this ComponentCatalog catalog, FlowDocument? document, string nodeId) =>
        document?.Node(nodeId) is not { } node ? nodeId : node.Title.Length > 0 ? node.Title : catalog.Find(node.Type)?.Title ?? node.Type;
}
