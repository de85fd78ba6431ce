using System.Text.Json;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Threads;

/// <summary>Where a thread's run over a native one stops, because that waits for answers.</summary>
/// <param name="Seq">The native run's event <c>run.waiting</c>.</param>
/// <param name="Interrupts">What it waits for, in the order in which it was asked.</param>
public sealed record SegmentEnd(long Seq, IReadOnlyList<ThreadInterrupt> Interrupts);

/// <summary>
/// Follows what a native run waits for, event by event, and says where a thread's run over it stops: where the native run rests and only answers can let it
/// go on. While a time or another run will, it has not stopped. The same events always give the same place, for who follows live and who reads later.
/// </summary>
/// <param name="run">Where it was told to stop counts: a stop that only a run before it asked for is passed.</param>
public sealed class RunSegment(ThreadRun run)
{
    readonly List<Wait> waits = [.. run.Waited.Select(static w => new Wait(w.Node, Path: null, w.Id, w.Value))];

    /// <summary>Stops that this run did not ask for, at the last rest: they are to be passed.</summary>
    public IReadOnlyList<Guid> Passed { get; private set; } = [];

    /// <summary>Whether an event of this type has a say; the many others need not be read.</summary>
    public static bool Counts(string type) => type is RunEventTypes.NodeWaiting or RunEventTypes.NodeAnswered or RunEventTypes.NodeStarted or RunEventTypes.NodeFinished or RunEventTypes.NodeFailed
        or RunEventTypes.NodeSkipped or RunEventTypes.NodeRetrying or RunEventTypes.RunWaiting;

    /// <summary>Takes an event in its turn; where the run stops, if this is the place.</summary>
    public SegmentEnd? Take(RunEventView e)
    {
        var node = e.NodeId ?? "";
        var path = string.Join('.', e.Iteration);
        switch (e.Type)
        {
            case RunEventTypes.NodeWaiting:
                Remove(node, path);
                var question = e.Data.TryGetProperty("question", out var asked) && asked.ValueKind is JsonValueKind.Object ? asked : (JsonElement?)null;
                Guid? id = Guid.TryParse(e.Text("question_id"), out var given) ? given : null;
                waits.Add(new(node, path, question is null ? null : id, question ?? default));
                return null;
            case RunEventTypes.NodeAnswered when Guid.TryParse(e.Text("question_id"), out var answered):
                waits.RemoveAll(w => w.QuestionId == answered);
                return null;
            case RunEventTypes.NodeStarted or RunEventTypes.NodeFinished or RunEventTypes.NodeFailed or RunEventTypes.NodeSkipped or RunEventTypes.NodeRetrying:
                Remove(node, path);
                return null;
            case RunEventTypes.RunWaiting:
                Passed = [.. waits.Where(Passes).Select(static w => w.QuestionId).OfType<Guid>()];
                return Passed.Count > 0 || waits.Count == 0 || waits.Exists(static w => w.QuestionId is null) ? null
                    : new(e.Seq, [.. waits.Select(static w => new ThreadInterrupt(w.QuestionId ?? Guid.Empty, w.Node, w.Question))]);
            default:
                return null;
        }
    }

    bool Passes(Wait wait) => wait.QuestionId is not null && Question.Read(wait.Question) is { Kind: QuestionKind.Interrupt } question && !run.Stops.Has(wait.Node, question.When is not InterruptWhen.After);

    void Remove(string node, string path) => waits.RemoveAll(w => w.Node == node && (w.Path is null || w.Path == path));

    /// <param name="Path">Null: not known, of one that waited before.</param>
    /// <param name="QuestionId">Null: it waits for a time, or for another run.</param>
    sealed record Wait(string Node, string? Path, Guid? QuestionId, JsonElement Question);
}
