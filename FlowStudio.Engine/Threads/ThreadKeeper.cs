using FlowStudio.Engine.Schedules;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Threads;

/// <summary>Ends the lives of threads: when somebody says so, or when they have been kept as long as they were to be.</summary>
public sealed class ThreadKeeper
{
    static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    /// <summary>How long the end of a run that never began is kept for messages about it: longer than they are retried.</summary>
    static readonly TimeSpan EndsKept = TimeSpan.FromDays(7);

    const int AtOnce = 200;

    readonly IThreadRows rows;
    readonly IThreadRuns runs;
    readonly IThreadCronRows crons;
    readonly ISchedules schedules;
    readonly TimeProvider time;
    readonly ILogger<ThreadKeeper> log;
    readonly CancellationTokenSource stopping = new();
    Task? sweeping;

    internal ThreadKeeper(IThreadRows rows, IThreadRuns runs, IThreadCronRows crons, ISchedules schedules, TimeProvider time, ILogger<ThreadKeeper> log)
    {
        this.rows = rows;
        this.runs = runs;
        this.crons = crons;
        this.schedules = schedules;
        this.time = time;
        this.log = log;
    }

    /// <summary>Deletes a thread with all it has; its crons would have nothing to run on. False when there is none.</summary>
    public async Task<bool> DeleteAsync(Guid id, CancellationToken cancellationToken)
    {
        if (!await runs.DeleteThreadAsync(id, cancellationToken))
            return false;
        foreach (var cron in await crons.ListAsync(id, CancellationToken.None))
        {
            await schedules.DeleteAsync(cron.Id, CancellationToken.None);
            await crons.DeleteAsync(cron.Id, CancellationToken.None);
        }
        return true;
    }

    public void Start() => sweeping = Task.Run(LoopAsync);

    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        await (sweeping ?? Task.CompletedTask);
    }

    /// <summary>Takes care of what has been kept long enough; how many threads that were.</summary>
    internal async Task<int> SweepAsync()
    {
        var swept = 0;
        IReadOnlyList<StateThread> expired;
        do
        {
            expired = await rows.ExpiredAsync(time.GetUtcNow(), AtOnce, stopping.Token);
            foreach (var thread in expired)
                swept += await (thread.Ttl is { KeepLatest: true } ? rows.PruneAsync(thread.Id, stopping.Token) : DeleteAsync(thread.Id, stopping.Token)) ? 1 : 0;
        }
        while (expired.Count == AtOnce);
        await rows.DeleteEndsAsync(time.GetUtcNow() - EndsKept, stopping.Token);
        return swept;
    }

    async Task LoopAsync()
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping.Token))
            {
                try
                {
                    await SweepAsync();
                }
                catch (Exception e) when (e is not (OperationCanceledException or OutOfMemoryException))
                {
                    ThreadLog.SweepFailed(log, e.Message, Period.TotalSeconds, e);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }
    }
}
