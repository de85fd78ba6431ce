using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Storage;

/// <summary>A run's steps as people read them: what happened, with titles and inputs from the version it ran, and what has not happened yet.</summary>
static class RunSteps
{
    /// <param name="version">What the run ran; null when the flow was deleted since: titles and inputs are then missing.</param>
    public static IReadOnlyList<Step> Of(Run run, RunHistory history, FlowVersion? version, INodeShapes shapes)
    {
        var document = version?.Document ?? new();
        var nodes = document.Nodes.GroupBy(n => n.Id, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);
        var incoming = document.Edges.ToLookup(e => e.To.Node, StringComparer.Ordinal);
        var steps = new List<Step>(history.Steps.Count);
        foreach (var state in history.Steps)
        {
            var node = nodes.GetValueOrDefault(state.NodeId);
            steps.Add(new()
            {
                NodeId = state.NodeId,
                Title = node?.Label ?? state.NodeId,
                Type = node?.Type ?? "",
                Iteration = state.Iteration,
                Attempt = state.Attempt,
                Status = state.Status,
                StartedAt = state.StartedAt,
                FinishedAt = state.FinishedAt,
                Input = state.Status is StepStatus.Skipped || node is null ? [] : Input(node, state.Iteration, incoming[state.NodeId], history, shapes),
                Output = state.Output,
                Error = state.Error,
                Tokens = state.Tokens,
                ChildRunId = state.ChildRunId,
            });
        }
        if (!RunNames.IsFinal(run.Status))
            steps.AddRange(Pending(document, history, shapes));
        return steps;
    }

    static List<KeyValuePair<string, JsonElement>> Input(Node node, IReadOnlyList<int> iteration, IEnumerable<Edge> incoming, RunHistory history, INodeShapes shapes)
    {
        var shape = shapes.ShapeOf(node);
        var input = new List<KeyValuePair<string, JsonElement>>();
        foreach (var port in incoming.GroupBy(e => e.To.Port, StringComparer.Ordinal))
        {
            var values = port.Select(e => Carried(e.From, iteration, history)).OfType<JsonElement>().ToList();
            if (values.Count == 0)
                continue;
            var isList = shape?.Input(port.Key)?.Many ?? values.Count > 1;
            input.Add(new(port.Key, isList ? List(values) : values[^1]));
        }
        return input;
    }

    /// <summary>What left a port in this iteration, or in the nearest one around it.</summary>
    static JsonElement? Carried(PortRef from, IReadOnlyList<int> iteration, RunHistory history)
    {
        for (var depth = iteration.Count; depth >= 0; depth--)
        {
            if (history.Latest(new(from.Node, StepKey.PathOf([.. iteration.Take(depth)]))) is not { } source)
                continue;
            foreach (var (port, value) in source.Output)
            {
                if (port == from.Port)
                    return value;
            }
            return null;
        }
        return null;
    }

    static JsonElement List(List<JsonElement> values) => JsonText.Element(values, static (json, items) =>
    {
        json.WriteStartArray();
        foreach (var item in items)
            item.WriteTo(json);
        json.WriteEndArray();
    });

    /// <summary>Nodes that hang together with a trigger and have no step yet.</summary>
    static IEnumerable<Step> Pending(FlowDocument document, RunHistory history, INodeShapes shapes)
    {
        var begun = history.Steps.Select(s => s.NodeId).ToHashSet(StringComparer.Ordinal);
        var neighbours = document.Edges.SelectMany(e => new[] { (A: e.From.Node, B: e.To.Node), (A: e.To.Node, B: e.From.Node) }).ToLookup(p => p.A, p => p.B, StringComparer.Ordinal);
        var reached = document.Nodes.Where(n => begun.Contains(n.Id) || shapes.ShapeOf(n) is { IsTrigger: true }).Select(n => n.Id).ToHashSet(StringComparer.Ordinal);
        var open = new Queue<string>(reached);
        while (open.TryDequeue(out var id))
        {
            foreach (var next in neighbours[id].Where(reached.Add))
                open.Enqueue(next);
        }
        return document.Nodes.Where(n => reached.Contains(n.Id) && !begun.Contains(n.Id) && !n.Disabled)
            .Select(n => new Step { NodeId = n.Id, Title = n.Label, Type = n.Type, Status = StepStatus.Pending });
    }
}
