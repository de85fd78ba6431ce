using System.Text.Json;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Engine.Components;

/// <summary>Runs what hangs on its item once for each item of a list. The engine walks the body; here the list is made, and its bounds kept.</summary>
public sealed class Loop : IComponent
{
    const string Fail = "fail";
    const string Skip = "skip";

    static readonly InputPort Data = new("data", PortType.Table, PortType.Data)
    {
        Required = true,
        Help = "The list. Anything else counts as a list of one; nothing, as an empty list.",
    };

    static readonly InputPort Back = new("loop", PortType.Any) { Title = "Item back", Help = "What the repeated nodes made of the item: the end of the body." };

    static readonly NumberField MaxItems = Field.Integer("max_items", "A longer list fails the step before anything is repeated.").Default(1_000).Between(1, 100_000) with
    {
        Unit = "items",
    };

    static readonly NumberField Parallel = Field.Integer("parallel", "How many items may be worked on at the same time. Results keep the order of the items.")
        .Default(1).Between(1, 64);

    static readonly TextField OnError = Field.Choice("on_error", "When a node of the body fails: fail the run, or skip the item, with a warning in the log.", Fail, Skip) with
    {
        Title = "On error",
    };

    static readonly OutputPort Item = new("item", PortType.Data) { Help = "One item after another. The nodes that hang on it are repeated." };
    static readonly OutputPort Done = new("done", PortType.Table) { Help = "What came back for each item, in order, when all are through." };

    public static ComponentDescriptor Descriptor { get; } =
        new("Loop", "Loop", Category.Route, Effects.Pure, "Runs the nodes on Item once for each item of a list, and gives the results as a list.")
        {
            Inputs = [Data, Back],
            Fields = [Parallel, OnError, MaxItems],
            Outputs = [Item, Done],
            ReturnPort = Back.Name,
            ItemPort = Item.Name,
            Highlights = ["parallel"],
        };

    public ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken)
    {
        var items = Items(node.Input(Data) ?? JsonText.Null);
        var most = node.Get(MaxItems);
        if (items.Count > most)
        {
            throw new NodeException("too_many_items", $"{node.Node.Label}: the list has {items.Count:N0} items; {MaxItems.Title} allows {most:N0}.",
                $"Raise {MaxItems.Title} in the node's settings ({MaxItems.Max:N0} at most), or shorten the list before it comes here.");
        }
        return ValueTask.FromResult(NodeResult.ForEach(new NodeLoop(items, (int)node.Get(Parallel), node.Get(OnError) == Skip, Done)));
    }

    static IReadOnlyList<JsonElement> Items(JsonElement data) => data.ValueKind switch
    {
        JsonValueKind.Array => [.. data.EnumerateArray()],
        JsonValueKind.Null or JsonValueKind.Undefined => [],
        _ => [data],
    };
}
