using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Editor;
using FlowStudio.Web.Studio.Editor.RunLog;
using FlowStudio.Web.Studio.Shared;

namespace FlowStudio.Web.Studio.Runs;

/// <summary>What a follower needs of the process.</summary>
public sealed record RunSources(IRunStore Runs, IFlowStore Flows, RunFeed Feed, ComponentCatalog Catalog, TimeProvider Time, ILogger Logger);

/// <summary>One run with its flow as it was, followed to its end in batches; for a page.</summary>
/// <param name="show">Does something on the page's thread, and draws.</param>
public sealed class RunFollow(Guid id, RunSources sources, Func<Action, Task> show) : IAsyncDisposable
{
    readonly CancellationTokenSource gone = new();
    Task? following;
    RunTree? tree;

    public Guid Id => id;

    /// <summary>As it is stored; read again at its end. Null: there is no such run, or it has not been read.</summary>
    public Run? Run { get; private set; }

    public Flow? Flow { get; private set; }

    public RunProgress Progress { get; } = new(id);

    public RunLogState Log { get; } = new();

    /// <summary>What it ran; null when that is not stored any more.</summary>
    public FlowDocument? Document { get; private set; }

    /// <summary>Why it is followed no longer though it goes on; null while it is.</summary>
    public string? Failure { get; private set; }

    public RunStatus Status
    {
        get
        {
            var stored = Run?.Status ?? RunStatus.Queued;
            return Progress.LastSeq > 0 && (Progress.IsFinal || !RunNames.IsFinal(stored)) ? Progress.Status : stored;
        }
    }

    public bool IsFinal => RunNames.IsFinal(Status);

    public RunError? Error => Progress.Error ?? Run?.Error;

    public DateTimeOffset? StartedAt => Progress.StartedAt ?? Run?.StartedAt;

    public DateTimeOffset? FinishedAt => Progress.FinishedAt ?? Run?.FinishedAt;

    public long Tokens => Progress.Steps.Sum(s => s.Tokens.Input + s.Tokens.Output) is > 0 and var counted ? counted : (Run?.Tokens.Input + Run?.Tokens.Output) ?? 0;

    public string FlowName => Flow?.Name ?? (Run is null ? "" : $"Deleted flow {Times.ShortId(Run.FlowId)}");

    public WaterfallRun Rows => new(Progress, tree ??= new(Document), Document, TitleOf);

    public string TitleOf(string nodeId) => sources.Catalog.TitleOf(Document, nodeId);

    public ComponentLook? LookOf(string nodeId) => Document?.Node(nodeId) is { } node ? sources.Catalog.Look(node.Type) : null;

    /// <summary>Reads the run and begins to follow it.</summary>
    /// <returns>False when there is no such run.</returns>
    public async Task<bool> OpenAsync()
    {
        Run = await sources.Runs.FindAsync(id, gone.Token);
        if (Run is null)
            return false;
        Flow = await sources.Flows.FindAsync(Run.FlowId, gone.Token);
        Document = (await sources.Flows.FindVersionAsync(Run.FlowVersionId, gone.Token))?.Document;
        Log.Level = RunLogLevel.Everything;
        Log.TitleOf = TitleOf;
        following = FollowAsync();
        return true;
    }

    async Task FollowAsync()
    {
        try
        {
            await foreach (var batch in RunBatches.Of(sources.Feed.FollowAsync(id, after: 0, gone.Token), sources.Time, gone.Token))
                await show(() => Take(batch));
            if (await sources.Runs.FindAsync(id, gone.Token) is { } ended)
                await show(() => Run = ended);
        }
        catch (OperationCanceledException)
        {
            // The page looks at something else, or is gone.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            StudioLog.FollowFailed(sources.Logger, "a run", e);
            await show(() => Failure = e.Message);
        }
    }

    void Take(IReadOnlyList<SeenEvent> batch)
    {
        foreach (var (runId, e) in batch)
        {
            Log.Append(runId, e);
            Progress.Apply(e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await gone.CancelAsync();
        if (following is not null)
            await following;
        gone.Dispose();
    }
}
