using System.Text.Json;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Tests;

/// <summary>Draws a flow in a few words.</summary>
public sealed class FlowBuilder
{
    readonly List<Node> nodes = [];
    readonly List<Edge> edges = [];

    /// <summary>Adds a node; settings as an anonymous object.</summary>
    public FlowBuilder Node(string id, string type, object? settings = null, bool disabled = false, double? timeout = null, int? retries = null)
    {
        var values = new OrderedDictionary<string, JsonElement>();
        foreach (var property in JsonSerializer.SerializeToElement(settings ?? new { }).EnumerateObject())
            values[property.Name] = property.Value;
        nodes.Add(new Node { Id = id, Type = type, Settings = values, Disabled = disabled, Timeout = timeout, Retries = retries, Position = new(nodes.Count * 260, 0) });
        return this;
    }

    /// <summary>Names a node that is there.</summary>
    public FlowBuilder Title(string id, string title)
    {
        var at = nodes.FindIndex(n => n.Id == id);
        nodes[at] = nodes[at] with { Title = title };
        return this;
    }

    /// <summary>Adds an edge: <c>"webhook.output_data"</c> to <c>"format.data"</c>.</summary>
    public FlowBuilder Edge(string from, string to)
    {
        edges.Add(new Edge { From = Port(from), To = Port(to) });
        return this;
    }

    public FlowDocument Build() => new() { Nodes = nodes, Edges = edges };

    static PortRef Port(string text) => text.Split('.', 2) is [var node, var port] ? new(node, port) : throw new FormatException(text);
}
