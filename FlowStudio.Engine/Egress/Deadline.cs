namespace FlowStudio.Engine.Egress;

/// <summary>The clock of one call: its total time, the silence allowed in the body, and the caller's own wish to stop. One timer serves all.</summary>
sealed class Deadline : IDisposable
{
    readonly TimeProvider time;
    readonly TimeSpan total;
    readonly TimeSpan idle;
    readonly long started;
    readonly CancellationToken caller;
    readonly CancellationTokenSource source;
    readonly CancellationTokenRegistration registration;
    bool reading;
    bool armedForIdle;

    public Deadline(TimeSpan total, TimeSpan idle, TimeProvider time, CancellationToken caller)
    {
        (this.total, this.idle, this.time, this.caller) = (Reach(total), Reach(idle), time, caller);
        started = time.GetTimestamp();
        source = new CancellationTokenSource(this.total, time);
        registration = caller.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), source); // state: the source passed here
    }

    public CancellationToken Token => source.Token;

    /// <summary>To be called before each wait for a piece of the body.</summary>
    public void BeforeRead()
    {
        reading = true;
        var left = total == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : total - time.GetElapsedTime(started);
        armedForIdle = idle != Timeout.InfiniteTimeSpan && idle < left;
        if (armedForIdle)
            source.CancelAfter(idle);
        else if (total != Timeout.InfiniteTimeSpan)
            source.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    /// <summary>Which of the three ended the call, when one did. The caller's wish comes first and is not a failure.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public EgressException? Ended(Uri url)
    {
        caller.ThrowIfCancellationRequested();
        if (!source.IsCancellationRequested)
            return null;
        if (!reading)
            return EgressErrors.TimedOut(url, total);
        return armedForIdle ? EgressErrors.Idle(url, idle) : EgressErrors.Unfinished(url, total);
    }

    /// <summary>Timers reach 49 days; whoever asks for more means for ever.</summary>
    static TimeSpan Reach(TimeSpan time) =>
        time > TimeSpan.FromDays(40) ? Timeout.InfiniteTimeSpan : time >= TimeSpan.Zero || time == Timeout.InfiniteTimeSpan ? time : TimeSpan.Zero;

    public void Dispose()
    {
        registration.Dispose();
        source.Dispose();
    }
}
