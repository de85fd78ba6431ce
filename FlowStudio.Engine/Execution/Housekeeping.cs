using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Secrets;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Execution;

/// <summary>What must happen now and then: events of long steps are stored though nothing demands it, and old idempotency keys and deleted flows go.</summary>
sealed class Housekeeping(EngineOptions options, ActiveRuns active, IUnfinishedRuns unfinished, IFlowStore flows, SecretVault vault, FlowSecrets flowSecrets, TimeProvider time, ILogger<Housekeeping> log)
{
    const int KeysAtOnce = 5000;

    readonly CancellationTokenSource stopping = new();
    Task? flushing;
    Task? sweeping;

    public void Start()
    {
        flushing = Task.Run(() => EveryAsync(TimeSpan.FromMilliseconds(options.Journal.FlushMilliseconds), FlushAsync));
        sweeping = Task.Run(() => EveryAsync(TimeSpan.FromMinutes(10), SweepAsync));
    }

    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        await Task.WhenAll(flushing ?? Task.CompletedTask, sweeping ?? Task.CompletedTask);
    }

    async Task EveryAsync(TimeSpan period, Func<Task> work)
    {
        using var timer = new PeriodicTimer(period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping.Token))
                await work();
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }
    }

    Task FlushAsync()
    {
        foreach (var run in active.All)
        {
            if (run.Log.HasPending)
                _ = SaveAsync(run);
        }
        return Task.CompletedTask;
    }

    async Task SaveAsync(ActiveRun run)
    {
        try
        {
            await run.SaveAsync();
        }
        catch (StorageException e)
        {
            ExecutionLog.SaveFailed(log, run.Scope.RunId, e.Message);
        }
    }

    async Task SweepAsync()
    {
        try
        {
            var before = time.GetUtcNow() - TimeSpan.FromHours(options.Intake.IdempotencyHours);
            while (await unfinished.DeleteKeysAsync(before, KeysAtOnce, stopping.Token) == KeysAtOnce)
            {
                // A full bite: there may be more. Each takes its own turn in the write lane.
            }
            foreach (var flow in await flows.ListDeletedAsync(time.GetUtcNow() - IFlowStore.DeletedKept, stopping.Token))
            {
                // What is purged first cannot be brought back with its token gone.
                if (!await flows.PurgeAsync(flow, stopping.Token))
                    continue;
                await vault.ForgetWebhookTokenAsync(flow, stopping.Token);
                await flowSecrets.ForgetAsync(flow, stopping.Token);
            }
        }
        catch (StorageException e)
        {
            ExecutionLog.SweepFailed(log, e.Message);
        }
    }
}
