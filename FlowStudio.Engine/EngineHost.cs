using FlowStudio.Engine.Callbacks;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.History;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Queueing;
using FlowStudio.Engine.Schedules;
using FlowStudio.Engine.Secrets;
using FlowStudio.Engine.Storage.Sqlite;
using FlowStudio.Engine.Threads;

namespace FlowStudio.Engine;

/// <summary>Starts and stops the engine's moving parts, in order. The process calls it; nothing else does.</summary>
public sealed class EngineHost
{
    readonly SqliteWriteLane lane;
    readonly SecretVault vault;
    readonly ApiKeys keys;
    readonly FlowSecrets flowSecrets;
    readonly RunRecovery recovery;
    readonly RunWorker worker;
    readonly RunWaker waker;
    readonly Housekeeping housekeeping;
    readonly HistoryKeeper history;
    readonly ScheduleBook schedules;
    readonly ThreadRuns threads;
    readonly ThreadKeeper keeper;
    readonly DeliveryPump deliveries;
    readonly Drain drain;
    readonly IngressGate gate;
    readonly IFlowStore flows;

    internal EngineHost(SqliteWriteLane lane, SecretVault vault, ApiKeys keys, FlowSecrets flowSecrets, RunRecovery recovery, RunWorker worker, RunWaker waker, Housekeeping housekeeping, HistoryKeeper history, ScheduleBook schedules, ThreadRuns threads, ThreadKeeper keeper, DeliveryPump deliveries, Drain drain, IngressGate gate, IFlowStore flows, IRunQueue queue, RunTelemetry telemetry)
    {
        this.lane = lane;
        this.vault = vault;
        this.keys = keys;
        this.flowSecrets = flowSecrets;
        this.recovery = recovery;
        this.worker = worker;
        this.waker = waker;
        this.housekeeping = housekeeping;
        this.history = history;
        this.schedules = schedules;
        this.threads = threads;
        this.keeper = keeper;
        this.deliveries = deliveries;
        this.drain = drain;
        this.gate = gate;
        this.flows = flows;
        telemetry.WatchQueue(() => queue.Count);
    }

    /// <summary>Loads secrets, puts unfinished runs back to the queue, and starts working. The database has been opened and migrated before.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await vault.LoadAsync(cancellationToken);
        await keys.LoadAsync(cancellationToken);
        await flowSecrets.LoadAsync(cancellationToken);
        await recovery.RecoverAsync(cancellationToken);
        gate.Open();
        housekeeping.Start();
        history.Start();
        waker.Start();
        worker.Start();
        schedules.Start();
        threads.Start();
        keeper.Start();
        deliveries.Start();
        _ = WarmUpAsync();
    }

    /// <summary>The first question to the database costs the most: it is asked here, beside the first caller and not in his way.</summary>
    async Task WarmUpAsync()
    {
        try
        {
            await flows.ListAsync(search: null, cursor: null, limit: 1, CancellationToken.None);
        }
        catch (Exception e) when (e is StorageException or ObjectDisposedException)
        {
            // Whoever asks next is told what is wrong; at a stop nobody is.
        }
    }

    /// <summary>Drains, writes what is left, and closes the database. Nothing accepted is lost.</summary>
    /// <param name="hurry">Canceled when the host's own patience ends.</param>
    public async Task StopAsync(CancellationToken hurry)
    {
        // First of all: what is due from now on is due at the next start.
        await schedules.StopAsync();
        await drain.RunAsync(hurry);
        await keeper.StopAsync();
        // After the runs: what ended while draining has its end stored.
        await threads.StopAsync();
        // After the runs: those that end meanwhile are told of while there is time.
        await deliveries.StopAsync();
        await housekeeping.StopAsync();
        await history.StopAsync();
        await lane.DisposeAsync();
    }
}
