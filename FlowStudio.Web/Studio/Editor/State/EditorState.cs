using System.Buffers.Binary;
using System.Security.Cryptography;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Studio.Editor.State;

/// <summary>What changed in the editor, for those who draw it.</summary>
[Flags]
public enum EditorChange
{
    None = 0,

    /// <summary>The document, and with it perhaps the history.</summary>
    Document = 1,

    /// <summary>What is chosen.</summary>
    Selection = 2,

    /// <summary>What is stored: name, settings, live version, revision.</summary>
    Flow = 4,

    /// <summary>How saving stands, or whether the browser is reached.</summary>
    Saving = 8,
}

/// <summary>
/// One flow being edited: the document as it is now, what was done to it, and what is chosen. Everything that shows or changes the flow goes through here;
/// nothing of Blazor or the browser is in it. Belongs to the renderer thread of one circuit.
/// </summary>
public sealed class EditorState(ComponentCatalog catalog)
{
    readonly FlowValidator validator = new(catalog);
    long version;
    long savedVersion;
    int fingerprint;
    long fingerprinted = -1;
    IReadOnlyList<FlowProblem> problems = [];
    long validated = -1;
    bool offline;

    /// <summary>The flow as it was last stored; before <see cref="Open"/> one without a name.</summary>
    public Flow Flow { get; private set; } = new() { Id = Guid.Empty, Name = "", Draft = new() };

    /// <summary>The document as it is edited now.</summary>
    public FlowDocument Document { get; private set; } = new();

    public EditHistory History { get; } = new();

    public Selection Selected { get; private set; } = Selection.None;

    public ComponentCatalog Catalog => catalog;

    /// <summary>The document has edits that are not stored.</summary>
    public bool Unsaved => version != savedVersion;

    /// <summary>Raised by every change of the document; tells a save what it saved.</summary>
    public long Version => version;

    /// <summary>The browser is not reached just now: what cannot be edited without the server is read-only.</summary>
    public bool Offline
    {
        get => offline;
        set
        {
            if (offline == value)
                return;
            offline = value;
            Changed?.Invoke(EditorChange.Saving);
        }
    }

    /// <summary>
    /// A number that stands for the document's content, wherever the canvas is looked at: the same in another tab and after a restart. What the browser drew
    /// while it was offline names the one it was drawn on.
    /// </summary>
    public int Fingerprint
    {
        get
        {
            if (fingerprinted != version)
                (fingerprint, fingerprinted) = (FingerprintOf(Document), version);
            return fingerprint;
        }
    }

    /// <summary>What is wrong with the document; looked for once per version, whoever asks.</summary>
    public IReadOnlyList<FlowProblem> Problems
    {
        get
        {
            if (validated != version)
                (problems, validated) = (validator.Validate(Document), version);
            return problems;
        }
    }

    /// <summary>Raised after a change, with all that changed.</summary>
    public event Action<EditorChange>? Changed;

    /// <summary>Takes a flow as it is stored; what was edited before is forgotten.</summary>
    public void Open(Flow flow, IEnumerable<EditStep>? done = null, IEnumerable<EditStep>? undone = null)
    {
        (Flow, Document, Selected) = (flow, flow.Draft, Selection.None);
        savedVersion = ++version;
        History.Load(done ?? [], undone ?? []);
        Changed?.Invoke(EditorChange.Document | EditorChange.Flow | EditorChange.Selection | EditorChange.Saving);
    }

    /// <summary>Makes an edit, or says why it cannot be done. New nodes and notes are chosen.</summary>
    public EditOutcome Do(Edit edit)
    {
        FlowDocument after;
        string name;
        try
        {
            name = edit.NameIn(Document, catalog);
            after = edit.Apply(Document, catalog);
        }
        catch (EditRefusedException e)
        {
            return EditOutcome.Refused(e.Message);
        }
        if (ReferenceEquals(after, Document) || DocumentDelta.Between(Document, after).IsEmpty)
            return new(Refusal: null, []);
        var before = Document;
        History.Push(name, edit.MergeKey, before, after);
        var added = Take(after);
        return new(Refusal: null, added);
    }

    /// <summary>Takes back the last step; false when there is none, or when somebody else changed what it touched.</summary>
    public bool Undo() => History.CanUndo && Turn(History.Undo(Document));

    /// <summary>Does the step again that was last taken back; false when there is none, or when it no longer applies.</summary>
    public bool Redo() => History.CanRedo && Turn(History.Redo(Document));

    public void Select(Selection what)
    {
        what = what.In(Document);
        if (what.Equals(Selected))
            return;
        Selected = what;
        History.Seal();
        Changed?.Invoke(EditorChange.Selection);
    }

    /// <summary>Chooses one node, or nothing.</summary>
    public void Select(string? nodeId) => Select(Selection.Of(nodeId));

    /// <summary>Where the canvas is looked at: kept with the next edit that is saved, no edit itself.</summary>
    public void Look(Viewport viewport) => Document = Document with { Viewport = viewport };

    /// <summary>The flow was stored as the document was at <paramref name="savedAt"/>.</summary>
    public void Saved(Flow stored, long savedAt)
    {
        Flow = stored;
        savedVersion = savedAt;
        Changed?.Invoke(EditorChange.Flow | EditorChange.Saving);
    }

    /// <summary>What is stored beside the draft changed: settings, the live version; edits that are not stored yet stay.</summary>
    public void TakeFlow(Flow stored)
    {
        Flow = stored;
        Changed?.Invoke(EditorChange.Flow);
    }

    /// <summary>
    /// Somebody else's draft takes this one's place. It is no step of the history, which keeps the steps that can still be taken back: from the newest to
    /// the first one that touches what they changed.
    /// </summary>
    public void Adopt(Flow theirs)
    {
        Flow = theirs;
        Take(theirs.Draft with { Viewport = Document.Viewport ?? theirs.Draft.Viewport }, raise: false);
        savedVersion = version;
        History.Trim(Document);
        Changed?.Invoke(EditorChange.Document | EditorChange.Flow | EditorChange.Selection | EditorChange.Saving);
    }

    /// <summary>
    /// Settles a conflict: the draft stays as it is here, over theirs. It is a step, so that taking it back gives theirs.
    /// </summary>
    public void KeepMine(Flow theirs, string name)
    {
        Flow = theirs;
        History.Seal();
        History.Push(name, key: null, theirs.Draft, Document);
        version++;
        Changed?.Invoke(EditorChange.Document | EditorChange.Flow | EditorChange.Saving);
    }

    /// <summary>Settles a conflict: the draft becomes theirs. It is a step, so that taking it back gives mine.</summary>
    public void TakeTheirs(Flow theirs, string name)
    {
        Flow = theirs;
        History.Seal();
        var after = theirs.Draft with { Viewport = Document.Viewport };
        History.Push(name, key: null, Document, after);
        Take(after, raise: false);
        Changed?.Invoke(EditorChange.Document | EditorChange.Flow | EditorChange.Selection | EditorChange.Saving);
    }

    public static int FingerprintOf(FlowDocument document) =>
        BinaryPrimitives.ReadInt32BigEndian(SHA256.HashData(FlowJson.ToUtf8(document with { Viewport = null }))) & int.MaxValue;

    bool Turn(FlowDocument? document)
    {
        if (document is null)
        {
            Changed?.Invoke(EditorChange.Document);
            return false;
        }
        Take(document);
        return true;
    }

    /// <summary>Puts a document in place of this one; chooses what it has more, else keeps what is still there.</summary>
    IReadOnlyList<string> Take(FlowDocument after, bool raise = true)
    {
        var nodes = after.Nodes.Select(n => n.Id).Except(Document.Nodes.Select(n => n.Id), StringComparer.Ordinal).ToList();
        var notes = after.Notes.Select(n => n.Id).Except(Document.Notes.Select(n => n.Id), StringComparer.Ordinal).ToList();
        Document = after;
        version++;
        var selected = raise && nodes.Count + notes.Count > 0 ? new Selection(nodes, notes) : Selected.In(after);
        var chosen = !selected.Equals(Selected);
        Selected = selected;
        if (raise)
            Changed?.Invoke(EditorChange.Document | EditorChange.Saving | (chosen ? EditorChange.Selection : EditorChange.None));
        return [.. nodes, .. notes];
    }
}
