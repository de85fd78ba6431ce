using System.Text.Json;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Web.Studio.Editor.State;

namespace FlowStudio.Web.Studio.Editor.Inspector;

/// <summary>Sets several fields of a node in one step; no value takes a field's default again. What is not named stays.</summary>
/// <param name="Name">What the step is called: "Paste curl into API Request".</param>
public sealed record ReplaceSettings(string NodeId, IReadOnlyDictionary<string, JsonElement?> Values, string Name) : Edit
{
    public override string NameIn(FlowDocument document, ComponentCatalog catalog) => Name;

    public override FlowDocument Apply(FlowDocument document, ComponentCatalog catalog) =>
        Values.Aggregate(document, (at, value) => new ChangeSetting(NodeId, value.Key, value.Value).Apply(at, catalog));
}
