using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Execution;

/// <summary>Reads of a run's events as this room needs them.</summary>
static class RunStoreReading
{
    const int Page = 5000;

    /// <summary>Every stored event of a run, in order.</summary>
    public static async Task<List<RunEvent>> AllEventsAsync(this IRunStore store, Guid id, CancellationToken cancellationToken)
    {
        var all = new List<RunEvent>();
        while (true)
        {
            var page = await store.EventsAsync(id, all.Count == 0 ? 0 : all[^1].Seq, Page, cancellationToken);
            all.AddRange(page);
            if (page.Count < Page)
                return all;
        }
    }
}
