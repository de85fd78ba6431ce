using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Studio.Editor.State;

/// <summary>A named step: what it is called and what it changed.</summary>
public sealed record EditStep(string Name, DocumentDelta Delta)
{
    /// <summary>As it is kept with the draft, once that was asked.</summary>
    internal byte[]? Text { get; set; }
}

/// <summary>
/// What was done to a document, to be taken back and done again; without a limit while the editor is open. Steps are differences, so they stay of use when
/// the document is changed by somebody else: those whose items were not touched can still be taken back.
/// </summary>
public sealed class EditHistory
{
    readonly List<EditStep> done = [];
    readonly Stack<EditStep> undone = [];
    string? mergeKey;

    public bool CanUndo => done.Count > 0;

    public bool CanRedo => undone.Count > 0;

    /// <summary>What Undo takes back, or null.</summary>
    public string? UndoName => done is [.., var last] ? last.Name : null;

    /// <summary>What Redo does again, or null.</summary>
    public string? RedoName => undone.TryPeek(out var next) ? next.Name : null;

    /// <summary>Steps that can be taken back, oldest first.</summary>
    public IReadOnlyList<EditStep> Done => done;

    /// <summary>Steps that can be done again, the next one first.</summary>
    public IReadOnlyCollection<EditStep> Undone => undone;

    /// <summary>Notes a step; one with the key of the step before is merged into it. A new step ends what could be done again.</summary>
    internal void Push(string name, string? key, FlowDocument before, FlowDocument after)
    {
        undone.Clear();
        if (key is not null && key == mergeKey && done is [.., var last] && last.Delta.Revert(before) is { } start)
        {
            done.RemoveAt(done.Count - 1);
            (before, name) = (start, last.Name);
        }
        mergeKey = key;
        var delta = DocumentDelta.Between(before, after);
        if (!delta.IsEmpty)
            done.Add(new(name, delta));
        else
            mergeKey = null;
    }

    /// <summary>What follows is a step of its own, whatever its key.</summary>
    public void Seal() => mergeKey = null;

    /// <summary>The document with the last step taken back. A step that no longer applies is forgotten with all before it, and the document is null.</summary>
    internal FlowDocument? Undo(FlowDocument document)
    {
        mergeKey = null;
        var step = done[^1];
        if (step.Delta.Revert(document) is not { } reverted)
        {
            done.Clear();
            return null;
        }
        done.RemoveAt(done.Count - 1);
        undone.Push(step);
        return reverted;
    }

    /// <summary>The document with the step done again; when it no longer applies, it and all after it are forgotten.</summary>
    internal FlowDocument? Redo(FlowDocument document)
    {
        mergeKey = null;
        var step = undone.Peek();
        if (step.Delta.Apply(document) is not { } applied)
        {
            undone.Clear();
            return null;
        }
        undone.Pop();
        done.Add(step);
        return applied;
    }

    /// <summary>Somebody else changed the document: keeps, from the newest back, the steps that can still be taken back one after another.</summary>
    internal void Trim(FlowDocument document)
    {
        mergeKey = null;
        undone.Clear();
        var keep = done.Count;
        for (var at = document; keep > 0 && done[keep - 1].Delta.Revert(at) is { } before; at = before)
            keep--;
        done.RemoveRange(0, keep);
    }

    /// <summary>Brings back what was kept with the draft.</summary>
    internal void Load(IEnumerable<EditStep> steps, IEnumerable<EditStep> again)
    {
        mergeKey = null;
        done.Clear();
        undone.Clear();
        done.AddRange(steps);
        foreach (var step in again.Reverse())
            undone.Push(step);
    }
}
