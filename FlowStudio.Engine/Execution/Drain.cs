using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Execution;

/// <summary>Stops without losing anything: closes the gates, lets runs at work end, and notes the rest as interrupted; they resume at the next start.</summary>
sealed class Drain(EngineOptions options, IngressGate gate, RunWorker worker, RunWaker waker, TimeProvider time, ILogger<Drain> log)
{
    /// <summary>Returns how many runs were interrupted.</summary>
    /// <param name="hurry">Canceled when the host's own patience ends.</param>
    public async Task<int> RunAsync(CancellationToken hurry)
    {
        gate.Close("The server is stopping.");
        await waker.StopAsync();
        await worker.StopTakingAsync();
        if (worker.AtWork > 0)
            ExecutionLog.Draining(log, worker.AtWork, options.Runner.DrainSeconds);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(options.Runner.DrainSeconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, hurry);
        await worker.Idle.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var rest = worker.AtWork;
        worker.Interrupt();
        await worker.Idle.WaitAsync(TimeSpan.FromSeconds(5), time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (rest > 0)
            ExecutionLog.Interrupted(log, rest);
        return rest;
    }
}
