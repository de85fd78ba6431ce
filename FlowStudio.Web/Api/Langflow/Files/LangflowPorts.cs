using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Api.Langflow.Files;

/// <summary>Where an edge of a file begins and ends here: ports are found by their names, never by their order.</summary>
static class LangflowPorts
{
    /// <summary>The edge, or why there is none, in words.</summary>
    public static (Edge? Edge, string Problem) Map(LangflowEdge arrow, Func<string, Node?> find, Func<string, LangflowNode?> original, ComponentCatalog catalog)
    {
        if (find(arrow.Source) is not { } from || find(arrow.Target) is not { } to)
            return (null, $"An edge from {Shorten(arrow.Source)} to {Shorten(arrow.Target)} was left out: one of the two is not in the file.");
        var output = OutputOf(arrow, from, original(arrow.Source), catalog);
        if (output is null)
            return (null, $"The edge from {from.Label} to {to.Label} was left out: {from.Label} has no output {Shorten(arrow.Output ?? "that the edge names")} here.");
        var input = InputOf(arrow, to, original(arrow.Target), catalog);
        if (input is null)
            return (null, $"The edge from {from.Label} to {to.Label} was left out: {to.Label} has no input {Shorten(arrow.Field ?? "that the edge names")} here.");
        return (new Edge { From = new(from.Id, output), To = new(to.Id, input) }, "");
    }

    static string? OutputOf(LangflowEdge arrow, Node node, LangflowNode? original, ComponentCatalog catalog)
    {
        if (arrow.Output is not { } theirs || catalog.ShapeOf(node) is not { } shape)
            return null;
        // Tools have had several names there.
        if (shape.CanBeTool && (theirs == ToolPort.Name || (arrow.Types.Contains("Tool", StringComparer.Ordinal) && node.Type != Placeholder.TypeName)))
            return ToolPort.Name;
        var ours = node.Type == Placeholder.TypeName ? theirs : Mapping(node, original).OutputOf(theirs);
        return shape.Output(ours) is null ? null : ours;
    }

    static string? InputOf(LangflowEdge arrow, Node node, LangflowNode? original, ComponentCatalog catalog)
    {
        if (catalog.ShapeOf(node) is not { } shape)
            return null;
        if (arrow.Returns)
            return shape.ReturnPort ?? (node.Type == Placeholder.TypeName ? "loop" : null);
        if (arrow.Field is not { } field)
            return null;
        var ours = node.Type == Placeholder.TypeName ? field : Mapping(node, original).InputOf(field);
        return shape.Input(ours) is null ? null : ours;
    }

    static ComponentMapping Mapping(Node node, LangflowNode? original) =>
        original is { } kept && LangflowMapping.OfTheirs(kept.Type) is { } mapping && mapping.Ours == node.Type ? mapping : LangflowMapping.OfOurs(node.Type);

    static string Shorten(string text) => text.Length > 60 ? text[..60] + "…" : text;
}
