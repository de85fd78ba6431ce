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
        var inputs = new StepInputs(document, nodes, history, shapes);
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
                Input = state.Status is StepStatus.Skipped || node is null ? [] : inputs.Of(node, state.Iteration),
                Output = state.Output,
                Error = state.Error,
                Tokens = state.Tokens,
                ChildRunId = state.ChildRunId,
                Question = state.Question,
                QuestionId = state.QuestionId,
                AskedAt = state is { QuestionId: not null, WaitingSince: { } since } ? Micros.Of(since) : null,
                AnswerUntil = state is { QuestionId: not null, WaitUntil: { } until } ? Micros.Of(until) : null,
                Answer = state.Answer,
                AnsweredBy = state.AnsweredBy,
                AnsweredVia = state.AnsweredVia,
                AnsweredAt = state.AnsweredAt,
                ReusedFrom = state.ReusedFrom,
                Pinned = state.Pinned,
            });
        }
        if (!RunNames.IsFinal(run.Status))
            steps.AddRange(Pending(document, history, shapes));
        return steps;
    }

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
