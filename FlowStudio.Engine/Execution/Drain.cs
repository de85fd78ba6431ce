using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Execution;

/// <summary>Stops without losing anything: closes the gates, lets runs at work end, and notes the rest as interrupted; they resume at the next start.</summary>
sealed class Drain(EngineOptions options, IngressGate gate, RunWorker worker, RunWaker waker, ActiveRuns active, TimeProvider time, ILogger<Drain> log)
{
    /// <summary>Returns how many runs were interrupted.</summary>
    /// <param name="hurry">Canceled when the host's own patience ends.</param>
    public async Task<int> RunAsync(CancellationToken hurry)
    {
        gate.Close("The server is stopping.");
        await waker.StopAsync();
        await worker.StopTakingAsync();
        if (active.Count > 0)
            ExecutionLog.Draining(log, active.Count, options.Runner.DrainSeconds);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(options.Runner.DrainSeconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, hurry);
        await Task.WhenAll(active.All.Select(r => r.Released.Task)).WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var rest = active.All.ToList();
        foreach (var run in rest)
            run.Stop(StopReason.Interrupted);
        await Task.WhenAll(rest.Select(r => r.Released.Task)).WaitAsync(TimeSpan.FromSeconds(5), time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (rest.Count > 0)
            ExecutionLog.Interrupted(log, rest.Count);
        return rest.Count;
    }
}
