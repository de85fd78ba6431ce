using System.Globalization;
using System.Text.Json;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Benchmarks.Micro;

/// <summary>Flows of any size to measure with.</summary>
static class Documents
{
    /// <summary>A Webhook and a chain of Data to Message after it, each filling what the one before gave.</summary>
    public static FlowDocument Chain(int nodes)
    {
        var chain = new List<Node> { new() { Id = "n0", Type = "Webhook" } };
        var edges = new List<Edge>();
        for (var i = 1; i < nodes; i++)
        {
            chain.Add(new Node
            {
                Id = Id(i),
                Type = "DataToMessage",
                Position = new(i * 260, 0),
                Settings = new() { ["template"] = JsonSerializer.SerializeToElement(i == 1 ? "Order {order.id} of {customer.name}" : "{text}") },
            });
            edges.Add(new Edge { From = new(Id(i - 1), i == 1 ? "output_data" : "text"), To = new(Id(i), "data") });
        }
        return new FlowDocument { Nodes = chain, Edges = edges };
    }

    static string Id(int number) => "n" + number.ToString(CultureInfo.InvariantCulture);
}
