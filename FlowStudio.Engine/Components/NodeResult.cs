using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Questions;

namespace FlowStudio.Engine.Components;

/// <summary>What a node did: gave outputs, waits, or has its body run for each item of a list. An output port that is not given was not taken; what hangs on it alone is skipped.</summary>
public sealed class NodeResult
{
    NodeResult(IReadOnlyList<PortValue> outputs, NodeWait? wait, NodeLoop? loop = null) => (Outputs, Wait, Loop) = (outputs, wait, loop);

    public IReadOnlyList<PortValue> Outputs { get; }

    /// <summary>What the node waits for; then there are no outputs yet.</summary>
    public NodeWait? Wait { get; }

    /// <summary>What its body is to run over; then there are no outputs yet.</summary>
    public NodeLoop? Loop { get; }

    /// <summary>Nothing leaves the node, and nothing downstream runs.</summary>
    public static NodeResult Nothing { get; } = new([], wait: null);

    public static NodeResult Of(OutputPort port, JsonElement value) => new([new(port.Name, value)], wait: null);

    public static NodeResult Of(OutputPort port, string text) => Of(port, JsonText.Element(text));

    public static NodeResult Of(params IReadOnlyList<PortValue> outputs) => new(outputs, wait: null);

    /// <summary>Has the nodes on the item port run once for each item; what comes back to the return port is then given as a list.</summary>
    public static NodeResult ForEach(NodeLoop loop) => new([], wait: null, loop);

    /// <summary>Puts the run to sleep; the node runs again with <see cref="NodeContext.Resumed"/> when the time has come.</summary>
    public static NodeResult WaitUntil(DateTimeOffset until) => new([], new NodeWait(until, Question: null));

    /// <summary>Puts the run to sleep until someone answers (or, when given, the time is over).</summary>
    public static NodeResult WaitForAnswer(Question question, DateTimeOffset? until = null) => new([], new NodeWait(until, question.ToJson()));

    /// <summary>Puts the run to sleep until another run, started by this step, has ended.</summary>
    public static NodeResult WaitForRun(Guid runId) => new([], new NodeWait(Until: null, Question: null, runId));

    /// <summary>Puts the run to sleep because parts of this step do that are steps of their own (an agent's calls): it looks again when any goes on.</summary>
    public static NodeResult WaitForParts(IReadOnlyCollection<NodeWait> parts) =>
        new([], new NodeWait(parts.Min(p => p.Until), Question: null, parts.Select(p => p.RunId).FirstOrDefault(r => r is not null), OfParts: true));
}

/// <summary>A value at a port.</summary>
public readonly record struct PortValue(string Port, JsonElement Value);

/// <summary>What a waiting node waits for: a time, an answer, or whichever comes first; or another run's end.</summary>
/// <param name="OfParts">Steps within this one wait, perhaps for more than is said here: it looks at them whenever the run wakes.</param>
public sealed record NodeWait(DateTimeOffset? Until, JsonElement? Question, Guid? RunId = null, bool OfParts = false)
{
    /// <summary>What the question is known by, once it is asked.</summary>
    public Guid? QuestionId { get; init; }
}

/// <summary>A list that a loop's body runs over.</summary>
/// <param name="Parallel">How many iterations may be at work at the same time.</param>
/// <param name="SkipFailed">An iteration that fails gives no result, instead of failing the run.</param>
/// <param name="Done">The port that gives the results, in the order of the items.</param>
public sealed record NodeLoop(IReadOnlyList<JsonElement> Items, int Parallel, bool SkipFailed, OutputPort Done);

/// <summary>How a wait ended.</summary>
/// <param name="Since">When the node began to wait.</param>
/// <param name="Answer">The answer; null when the time came.</param>
/// <param name="RunId">The run that was waited for.</param>
public sealed record NodeResume(DateTimeOffset Since, DateTimeOffset? Until, JsonElement? Answer, Guid? RunId = null)
{
    /// <summary>The question that was asked.</summary>
    public Guid? QuestionId { get; init; }

    /// <summary>Who answered; null without an answer.</summary>
    public Answerer? By { get; init; }

    public DateTimeOffset? AnsweredAt { get; init; }

    /// <summary>The run was told to stop here: the node itself knows nothing of the wait.</summary>
    internal InterruptWhen? Stop { get; init; }

    /// <summary>It waits for steps within it.</summary>
    internal bool OfParts { get; init; }

    /// <summary>Answers that the run had when the node last looked at its parts.</summary>
    internal int Heard { get; init; }
}
