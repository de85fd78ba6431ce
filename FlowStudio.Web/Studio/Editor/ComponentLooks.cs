using FlowStudio.Engine.Components;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>What the studio must know of a component to draw it.</summary>
/// <param name="Icon">A symbol of the icon sheet.</param>
public sealed record ComponentLook(ComponentDescriptor Descriptor, string Icon);

public static class ComponentLooks
{
    /// <summary>How the component of a type looks; null when there is none. Icons lie beside the classes and carry their names into the icon sheet.</summary>
    public static ComponentLook? Look(this ComponentCatalog catalog, string type) =>
        catalog.Find(type) is { } descriptor && catalog.Executor(type) is { } executor ? new(descriptor, $"component-{executor.GetType().Name}") : null;
}
