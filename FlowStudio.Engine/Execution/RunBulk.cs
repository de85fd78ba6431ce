using System.Globalization;
using System.Runtime.CompilerServices;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Execution;

/// <summary>What can be done to many runs at once.</summary>
public enum RunAct
{
    Cancel,
    Delete,
    Replay,
}

/// <summary>What became of one of them.</summary>
/// <param name="Problem">Why nothing was done, in words; null when it was.</param>
/// <param name="NewRunId">The replay.</param>
public readonly record struct RunActResult(Guid RunId, string? Problem, Guid? NewRunId = null);

/// <summary>Does one thing to many runs, one after the other: what fails for one is told and does not keep the others from it.</summary>
public sealed class RunBulk(IRunStore store, IRunControl control, IRunReplay replays, TimeProvider time)
{
    const int Page = 200;
    const int Patience = 60;
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Whatever a filter has now, newest first; runs that come meanwhile, replays too, are not among them.</summary>
    public async IAsyncEnumerable<Guid> IdsAsync(RunFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? cursor = null;
        do
        {
            var page = await store.ListAsync(filter, cursor, Page, cancellationToken);
            foreach (var run in page.Items)
                yield return run.Id;
            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }

    /// <summary>Does it to each, in their order, as the results are asked for.</summary>
    public async IAsyncEnumerable<RunActResult> DoAsync(
        RunAct act, IAsyncEnumerable<Guid> runs, ReplayFrom from, ReplayVersion version, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var id in runs.WithCancellation(cancellationToken))
        {
            yield return act switch
            {
                RunAct.Cancel => new(id, await CancelAsync(id, cancellationToken)),
                RunAct.Delete => new(id, await DeleteAsync(id, cancellationToken)),
                _ => await ReplayAsync(new(id, from, version), cancellationToken),
            };
        }
    }

    async Task<string?> CancelAsync(Guid id, CancellationToken cancellationToken) => await control.CancelAsync(id, cancellationToken) switch
    {
        CancelOutcome.Canceled => null,
        CancelOutcome.AlreadyEnded => "It had ended already.",
        _ => Gone(id),
    };

    async Task<string?> DeleteAsync(Guid id, CancellationToken cancellationToken) =>
        await store.DeleteAsync(id, cancellationToken) ? null
        : await store.FindAsync(id, cancellationToken) is { } run ? $"It is still {RunNames.Of(run.Status)}. Cancel it first."
        : Gone(id);

    /// <summary>Many replays may be more than the queue holds: then the next one waits for room, a minute at most.</summary>
    async Task<RunActResult> ReplayAsync(ReplayRequest request, CancellationToken cancellationToken)
    {
        for (var i = 0; ; i++)
        {
            var result = await replays.ReplayAsync(request, cancellationToken);
            if (result.Outcome is IntakeOutcome.Accepted or IntakeOutcome.Repeated)
                return new(request.RunId, Problem: null, result.RunId);
            if (result.Outcome is not IntakeOutcome.QueueFull || i == Patience)
                return new(request.RunId, result.Message.Length > 0 ? result.Message : Words(result));
            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    static string Words(IntakeResult result) => result.Outcome switch
    {
        IntakeOutcome.QueueFull => "Too many runs wait already.",
        IntakeOutcome.Paused => "The server takes no runs now.",
        IntakeOutcome.FlowDisabled => "The flow is switched off.",
        IntakeOutcome.FlowInvalid when result.Problems is [var first, ..] => $"{first.Message} {first.Advice}",
        _ => "The run was not taken.",
    };

    static string Gone(Guid id) => string.Create(CultureInfo.InvariantCulture, $"There is no run {id}.");
}
