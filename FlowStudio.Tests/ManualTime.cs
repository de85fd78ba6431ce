namespace FlowStudio.Tests;

/// <summary>A clock that moves when the test says so; timers fire on the thread that moves it.</summary>
public sealed class ManualTime(DateTimeOffset start) : TimeProvider
{
    readonly Lock gate = new();
    readonly List<ManualTimer> timers = [];
    DateTimeOffset now = start;

    public ManualTime()
        : this(new DateTimeOffset(2026, 11, 21, 9, 0, 0, TimeSpan.Zero))
    {
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate)
            return now;
    }

    public override long GetTimestamp() => GetUtcNow().UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>How many timers wait for the clock.</summary>
    public int Armed
    {
        get
        {
            lock (gate)
                return timers.Count;
        }
    }

    /// <summary>Moves the clock, firing what falls due in order.</summary>
    public void Advance(TimeSpan by)
    {
        var target = GetUtcNow() + by;
        while (true)
        {
            ManualTimer? next;
            lock (gate)
            {
                next = timers.Where(t => t.Due <= target).MinBy(t => t.Due);
                now = next is null ? target : next.Due > now ? next.Due : now;
                if (next is not null)
                    next.Rearm(timers);
            }
            if (next is null)
                return;
            next.Fire();
        }
    }

    /// <summary>Moves the clock at one go, as a machine that slept: each timer that fell due fires once, however many of its periods went by.</summary>
    public void Leap(TimeSpan by)
    {
        List<ManualTimer> due;
        lock (gate)
        {
            now += by;
            due = [.. timers.Where(t => t.Due <= now).OrderBy(t => t.Due)];
            foreach (var timer in due)
            {
                do
                    timer.Rearm(timers);
                while (timer.Due <= now && timers.Contains(timer));
            }
        }
        foreach (var timer in due)
            timer.Fire();
    }

    sealed class ManualTimer(ManualTime owner, TimerCallback callback, object? state) : ITimer
    {
        TimeSpan period = Timeout.InfiniteTimeSpan;

        public DateTimeOffset Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            bool now;
            lock (owner.gate)
            {
                owner.timers.Remove(this);
                this.period = period;
                now = dueTime == TimeSpan.Zero;
                if (dueTime != Timeout.InfiniteTimeSpan && !now)
                {
                    Due = owner.now + dueTime;
                    owner.timers.Add(this);
                }
            }
            if (now)
                ThreadPool.QueueUserWorkItem(_ => Fire());
            return true;
        }

        public void Rearm(List<ManualTimer> timers)
        {
            if (period == Timeout.InfiniteTimeSpan || period == TimeSpan.Zero)
                timers.Remove(this);
            else
                Due += period;
        }

        public void Fire() => callback(state);

        public void Dispose()
        {
            lock (owner.gate)
                owner.timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
