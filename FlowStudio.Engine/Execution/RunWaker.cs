using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Execution;

/// <summary>Sends sleeping runs back to the queue when their time has come. Holds one timer for all of them: they live in the database.</summary>
sealed class RunWaker(IUnfinishedRuns unfinished, RunJournal journal, RunTickets tickets, TimeProvider time, ILogger<RunWaker> log)
{
    const int Batch = 500;

    /// <summary>Looks again at least so often: a clock that was set back or forth must not keep runs asleep.</summary>
    static readonly TimeSpan LongestNap = TimeSpan.FromMinutes(1);

    readonly CancellationTokenSource stopping = new();
    readonly Lock gate = new();
    CancellationTokenSource nap = new();
    DateTimeOffset next = DateTimeOffset.MaxValue;
    Task? loop;

    public void Start() => loop = Task.Run(LoopAsync);

    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        if (loop is not null)
            await loop;
    }

    /// <summary>A run went to sleep until then.</summary>
    public void Expect(DateTimeOffset wakeAt)
    {
        lock (gate)
        {
            if (wakeAt >= next)
                return;
            next = wakeAt;
            nap.Cancel();
        }
    }

    async Task LoopAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                while (await WakeAsync() == Batch)
                {
                    // A full batch: there may be more that are due.
                }
                var wake = await unfinished.NextWakeAsync(stopping.Token) ?? DateTimeOffset.MaxValue;
                await NapAsync(wake);
            }
            catch (OperationCanceledException)
            {
                // Told to stop, or to look again.
            }
            catch (StorageException e)
            {
                ExecutionLog.WakeFailed(log, e.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    async Task<int> WakeAsync()
    {
        var due = await unfinished.DueAsync(time.GetUtcNow(), Batch, stopping.Token);
        foreach (var run in due)
        {
            if (await journal.WriteAsync(new RequeueEntry { RunId = run.Id, From = RunStatus.Waiting }))
                await tickets.EnqueueAsync(run.Id, run.FlowId, stopping.Token);
        }
        return due.Count;
    }

    async Task NapAsync(DateTimeOffset wake)
    {
        CancellationToken woken;
        TimeSpan left;
        lock (gate)
        {
            nap.Dispose();
            nap = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
            woken = nap.Token;
            // Somebody may have gone to sleep since the database was asked: the earlier of the two counts.
            next = wake < next ? wake : next;
            left = next - time.GetUtcNow();
        }
        if (left > TimeSpan.Zero)
            await Task.Delay(left < LongestNap ? left : LongestNap, time, woken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (gate)
            next = DateTimeOffset.MaxValue;
    }
}
