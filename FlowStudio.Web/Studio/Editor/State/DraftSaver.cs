using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Journal;
using FlowStudio.Web.Studio.Shared;

namespace FlowStudio.Web.Studio.Editor.State;

/// <summary>How saving stands.</summary>
public enum SaveStanding
{
    Saved,

    /// <summary>There are edits, and a save is about to begin or under way.</summary>
    Saving,

    /// <summary>The last save failed; it is tried again by itself and on demand.</summary>
    Failed,

    /// <summary>Somebody else stored another draft; nothing is saved until it is decided which one stays.</summary>
    Conflict,
}

/// <summary>Two drafts of one flow, of which one can stay.</summary>
/// <param name="Theirs">What is stored.</param>
/// <param name="Mine">What is to be stored instead.</param>
/// <param name="Who">Who stored theirs: "another tab".</param>
/// <param name="At">When they did.</param>
/// <param name="Offline">Mine is what was drawn in the browser without the server.</param>
public sealed record DraftConflict(Flow Theirs, FlowDocument Mine, string Who, DateTimeOffset At, bool Offline);

/// <summary>
/// Stores the edited draft within a second of the last edit, with its history, and takes what others store. A save on a draft that has moved on never
/// overwrites: it becomes a <see cref="DraftConflict"/>. Belongs to the renderer thread of its circuit.
/// </summary>
public sealed class DraftSaver : IAsyncDisposable
{
    /// <summary>How long the hand must rest before a save.</summary>
    internal static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(500);

    /// <summary>A hand that never rests is saved all the same.</summary>
    internal static readonly TimeSpan MostUnsaved = TimeSpan.FromSeconds(3);

    internal static readonly TimeSpan Again = TimeSpan.FromSeconds(5);

    readonly EditorState state;
    readonly IFlowStore flows;
    readonly IDraftHistory history;
    readonly DraftEditors editors;
    readonly TimeProvider time;
    readonly ILogger logger;
    readonly ITimer timer;
    readonly SemaphoreSlim turn = new(1);
    DateTimeOffset? firstUnsaved;
    bool disposed;

    /// <param name="invoke">Runs work on the circuit's renderer thread: the timer fires elsewhere.</param>
    public DraftSaver(
        EditorState state, IFlowStore flows, IDraftHistory history, DraftEditors editors, TimeProvider time, ILogger logger, Func<Func<Task>, Task> invoke)
    {
        (this.state, this.flows, this.history, this.editors, this.time, this.logger) = (state, flows, history, editors, time, logger);
        timer = time.CreateTimer(_ => _ = invoke(SaveAsync), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        state.Changed += OnChanged;
    }

    public SaveStanding Standing { get; private set; }

    /// <summary>Why the draft is not saved, in words; null when it is.</summary>
    public string? Reason { get; private set; }

    public DraftConflict? Conflict { get; private set; }

    /// <summary>Edits would be lost if the page went away now.</summary>
    public bool AtRisk => Conflict is not null || (state.Unsaved && Standing is SaveStanding.Failed);

    /// <summary>Raised when <see cref="Standing"/>, <see cref="Reason"/> or <see cref="Conflict"/> changed.</summary>
    public event Action? Changed;

    /// <summary>Raised when the flow was deleted by somebody.</summary>
    public event Action? Deleted;

    /// <summary>Saves now what is not saved yet; returns when it is, or could not be.</summary>
    public async Task SaveAsync()
    {
        await turn.WaitAsync();
        try
        {
            while (state.Unsaved && Conflict is null && await SaveOnceAsync(static flow => flow))
                continue;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Saves a change of the flow's settings (its name) together with the draft; says why when it could not.</summary>
    public async Task<string?> SaveAsync(Func<Flow, Flow> change)
    {
        await turn.WaitAsync();
        try
        {
            if (Conflict is not null)
                return "Decide first which draft stays.";
            if (FlowRules.Check(change(state.Flow)) is [var problem, ..])
                return $"{problem.Message} {problem.Advice}";
            await SaveOnceAsync(change);
            return Standing is SaveStanding.Saved or SaveStanding.Saving ? null : Reason;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Somebody wrote the flow, perhaps this editor itself: takes what is stored, or finds a conflict.</summary>
    public async Task CatchUpAsync()
    {
        await turn.WaitAsync();
        try
        {
            await TakeStoredAsync();
        }
        finally
        {
            turn.Release();
        }
        if (state.Unsaved && Conflict is null)
            Arm(TimeSpan.Zero);
    }

    /// <summary>Mine stays, over theirs; Undo brings theirs.</summary>
    public async Task KeepMineAsync()
    {
        if (Conflict is not { } conflict)
            return;
        if (conflict.Offline)
            state.Do(new ReplaceDocument(conflict.Mine, "Keep what was drawn offline"));
        else
            state.KeepMine(conflict.Theirs, $"Keep mine over {conflict.Who}");
        Settle();
        await SaveAsync();
    }

    /// <summary>Theirs stays; Undo brings mine.</summary>
    public async Task TakeTheirsAsync()
    {
        if (Conflict is not { } conflict)
            return;
        if (conflict.Offline)
        {
            // Theirs is what is shown; taking mine and then theirs again leaves mine to Undo.
            state.Do(new ReplaceDocument(conflict.Mine, "Draw what was drawn offline"));
            state.Do(new ReplaceDocument(conflict.Theirs.Draft, "Drop what was drawn offline"));
        }
        else
        {
            state.TakeTheirs(conflict.Theirs, $"Take the draft of {conflict.Who}");
        }
        Settle();
        await SaveAsync();
    }

    /// <summary>
    /// What was drawn without the server. On the document it was drawn on it is done at once, else it is a conflict. Gives what could not be done, in words.
    /// </summary>
    public async Task<IReadOnlyList<string>> TakeOfflineAsync(int drawnOn, IReadOnlyList<Edit> edits)
    {
        if (drawnOn == state.Fingerprint && Conflict is null)
            return [.. edits.Select(e => state.Do(e).Refusal).OfType<string>().Distinct(StringComparer.Ordinal)];
        await SaveAsync();
        var mine = state.Document;
        var refused = new List<string>();
        foreach (var edit in edits)
        {
            try
            {
                mine = edit.Apply(mine, state.Catalog);
            }
            catch (EditRefusedException e)
            {
                refused.Add(e.Message);
            }
        }
        // The connection may have broken after the deed and before its answer: then nothing is left to do.
        if (Conflict is null && !DocumentDelta.Between(state.Document, mine).IsEmpty)
        {
            var theirs = state.Flow with { Draft = state.Document };
            Begin(new(theirs, mine, editors.Who(theirs.Id, theirs.DraftRevision, this), theirs.UpdatedAt, Offline: true));
        }
        return [.. refused.Distinct(StringComparer.Ordinal)];
    }

    void OnChanged(EditorChange change)
    {
        if (disposed || !change.HasFlag(EditorChange.Document) || !state.Unsaved || Conflict is not null)
            return;
        firstUnsaved ??= time.GetUtcNow();
        var left = MostUnsaved - (time.GetUtcNow() - firstUnsaved.Value);
        Arm(left < Rest ? (left > TimeSpan.Zero ? left : TimeSpan.Zero) : Rest);
        if (Standing is not SaveStanding.Failed)
            Stand(SaveStanding.Saving, reason: null);
    }

    void Arm(TimeSpan after)
    {
        if (!disposed)
            timer.Change(after > TimeSpan.Zero ? after : TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
    }

    /// <summary>Stores the draft as it is now; false when there is no use in trying at once again.</summary>
    async Task<bool> SaveOnceAsync(Func<Flow, Flow> change)
    {
        var (version, before) = (state.Version, state.Flow);
        var flow = change(before) with { Draft = state.Document };
        firstUnsaved = null;
        Stand(SaveStanding.Saving, reason: null);
        try
        {
            editors.Saves(flow.Id, before.DraftRevision + 1, this);
            if (await history.SaveAsync(flow, before.DraftRevision, KeptSteps.Write(state.History), CancellationToken.None) is not { } stored)
            {
                editors.SavedNot(flow.Id, before.DraftRevision + 1, this);
                Stand(SaveStanding.Failed, "the flow was deleted meanwhile");
                Deleted?.Invoke();
                return false;
            }
            state.Saved(stored with { Draft = flow.Draft }, version);
            Stand(state.Unsaved ? SaveStanding.Saving : SaveStanding.Saved, reason: null);
            return true;
        }
        catch (FlowConflictException e) when (e.Code == "stale_revision")
        {
            editors.SavedNot(flow.Id, before.DraftRevision + 1, this);
            await TakeStoredAsync();
            return Conflict is null;
        }
        catch (Exception e) when (e is StorageException or FlowConflictException or IOException)
        {
            editors.SavedNot(flow.Id, before.DraftRevision + 1, this);
            StudioLog.SaveFailed(logger, flow.Id, e);
            Stand(SaveStanding.Failed, e.Message);
            Arm(Again);
            return false;
        }
    }

    /// <summary>What is stored takes the place of what was known to be, unless both sides changed the draft.</summary>
    async Task TakeStoredAsync()
    {
        if (await flows.FindAsync(state.Flow.Id, CancellationToken.None) is not { } theirs)
        {
            Deleted?.Invoke();
            return;
        }
        if (theirs.DraftRevision < state.Flow.DraftRevision)
            return;
        if (SameDraft(theirs.Draft, state.Flow.Draft))
        {
            if (Conflict is null)
                state.TakeFlow(theirs with { Draft = state.Flow.Draft });
            return;
        }
        if (Conflict is { } open)
        {
            if (!open.Offline || theirs.DraftRevision > open.Theirs.DraftRevision)
                Begin(open with { Theirs = theirs, Who = Who(theirs), At = theirs.UpdatedAt });
        }
        else if (!state.Unsaved || SameDraft(theirs.Draft, state.Document))
        {
            state.Adopt(theirs);
            Stand(SaveStanding.Saved, reason: null);
        }
        else
        {
            Begin(new(theirs, state.Document, Who(theirs), theirs.UpdatedAt, Offline: false));
        }
    }

    string Who(Flow stored) => editors.Who(stored.Id, stored.DraftRevision, this);

    void Begin(DraftConflict conflict)
    {
        Conflict = conflict;
        timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Standing = SaveStanding.Conflict;
        Reason = $"changed by {conflict.Who}";
        Changed?.Invoke();
    }

    void Settle()
    {
        Conflict = null;
        Stand(state.Unsaved ? SaveStanding.Saving : SaveStanding.Saved, reason: null);
    }

    void Stand(SaveStanding standing, string? reason)
    {
        if (Standing == standing && Reason == reason)
            return;
        (Standing, Reason) = (standing, reason);
        Changed?.Invoke();
    }

    static bool SameDraft(FlowDocument one, FlowDocument other) => ReferenceEquals(one, other) || DocumentDelta.Between(one, other).IsEmpty;

    /// <summary>Saves what is not saved yet, and lets go.</summary>
    public async ValueTask DisposeAsync()
    {
        if (disposed)
            return;
        disposed = true;
        state.Changed -= OnChanged;
        await timer.DisposeAsync();
        await SaveAsync();
    }
}
