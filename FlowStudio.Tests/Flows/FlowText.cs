using System.Text.Json;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Tests.Flows;

/// <summary>Flows in a few lines: <c>id: Type field=value</c> for nodes (<c>?id</c>: disabled), <c>a.port &gt; b.port</c> for edges.</summary>
static class FlowText
{
    public static FlowDocument Read(string text)
    {
        var nodes = new List<Node>();
        var edges = new List<Edge>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (line.Contains(" > ", StringComparison.Ordinal))
            {
                var ends = line.Split(" > ");
                edges.Add(new Edge { From = Port(ends[0]), To = Port(ends[1]) });
            }
            else
            {
                nodes.Add(Node(line));
            }
        }
        return new FlowDocument { Nodes = nodes, Edges = edges };
    }

    static Node Node(string line)
    {
        var colon = line.IndexOf(": ", StringComparison.Ordinal);
        var words = line[(colon + 2)..].Split(' ');
        var settings = new OrderedDictionary<string, JsonElement>();
        foreach (var pair in words.Skip(1).Select(w => w.Split('=', 2)))
            settings[pair[0]] = JsonSerializer.SerializeToElement(pair[1]);
        return new Node { Id = line[..colon].TrimStart('?'), Type = words[0], Disabled = line[0] == '?', Title = line[..colon].TrimStart('?'), Settings = settings };
    }

    static PortRef Port(string text)
    {
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        return new(text[..dot], text[(dot + 1)..]);
    }
}
