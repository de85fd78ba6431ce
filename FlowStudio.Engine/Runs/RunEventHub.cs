using System.Collections.Concurrent;
using System.Threading.Channels;

namespace FlowStudio.Engine.Runs;

/// <summary>
/// Carries events from running runs to whoever watches, without ever slowing a run: a watcher that lags loses its oldest events and is
/// told which (<see cref="RunWatch.TakeGap"/>), or its watch ends (<see cref="RunWatch.FellBehind"/>). Watch first, then read the store, then drop the
/// numbers already seen: <see cref="RunFeed"/> does.
/// </summary>
public sealed class RunEventHub
{
    readonly ConcurrentDictionary<Guid, Topic> topics = new();
    readonly Lock gate = new();
    volatile RunWatch[] wide = [];

    /// <summary>Opens the log of a run that starts or goes on in this process.</summary>
    /// <param name="nextSeq">The number of its next event.</param>
    public RunEventLog Open(Guid runId, Guid flowId, long nextSeq, TimeProvider time)
    {
        while (true)
        {
            var topic = topics.GetOrAdd(runId, static _ => new Topic());
            lock (topic)
            {
                if (topic.Dead)
                    continue;
                var log = new RunEventLog(this, topic, runId, flowId, nextSeq, time);
                topic.Log = log;
                return log;
            }
        }
    }

    /// <summary>Watches one run from now on; <see cref="RunWatch.Tail"/> has what happened but is not stored yet.</summary>
    /// <param name="capacity">How many events the watcher may lag behind before it loses the oldest, or all.</param>
    /// <param name="endWhenBehind">Whether the watch ends when it would lag behind further, and keeps nothing from then on.</param>
    public RunWatch Watch(Guid runId, int capacity = 4096, bool endWhenBehind = false)
    {
        while (true)
        {
            var topic = topics.GetOrAdd(runId, static _ => new Topic());
            lock (topic)
            {
                if (topic.Dead)
                    continue;
                var watch = new RunWatch(capacity, endWhenBehind, closing => Unwatch(runId, topic, closing)) { Tail = topic.Log?.Tail() ?? [] };
                topic.Watches = [.. topic.Watches, watch];
                return watch;
            }
        }
    }

    /// <summary>Watches all runs of a flow, or of all flows when <paramref name="flowId"/> is null, from now on.</summary>
    /// <inheritdoc cref="Watch"/>
    public RunWatch WatchAll(Guid? flowId, int capacity = 16384, bool endWhenBehind = false)
    {
        var watch = new RunWatch(capacity, endWhenBehind, closing =>
        {
            lock (gate)
                wide = [.. wide.Where(w => w != closing)];
        })
        { FlowId = flowId };
        lock (gate)
            wide = [.. wide, watch];
        return watch;
    }

    /// <summary>Sends an event of a run whose log is not open here (accepted, canceled while queued).</summary>
    public void Publish(Guid flowId, RunEvent happened)
    {
        if (topics.TryGetValue(happened.RunId, out var topic))
        {
            lock (topic)
                Send(topic, flowId, happened);
        }
        else
        {
            SendWide(flowId, happened);
        }
    }

    /// <summary>Runs that are open here or watched; nothing is held of others.</summary>
    internal int Topics => topics.Count;

    internal bool IsOpen(Guid runId) => topics.TryGetValue(runId, out var topic) && topic.Log is not null;

    internal void Send(Topic topic, Guid flowId, RunEvent happened)
    {
        foreach (var watch in topic.Watches)
            watch.Offer(happened);
        SendWide(flowId, happened);
    }

    internal void Close(Guid runId, Topic topic)
    {
        lock (topic)
        {
            topic.Log = null;
            Bury(runId, topic);
        }
    }

    void SendWide(Guid flowId, RunEvent happened)
    {
        foreach (var watch in wide)
        {
            if (watch.FlowId is null || watch.FlowId == flowId)
                watch.Offer(happened);
        }
    }

    void Unwatch(Guid runId, Topic topic, RunWatch closing)
    {
        lock (topic)
        {
            topic.Watches = [.. topic.Watches.Where(w => w != closing)];
            Bury(runId, topic);
        }
    }

    void Bury(Guid runId, Topic topic)
    {
        if (topic.Log is not null || topic.Watches.Length > 0 || topic.Dead)
            return;
        topic.Dead = true;
        topics.TryRemove(runId, out _);
    }

    /// <summary>What this process knows of one run: its open log and its watchers. Locked while either changes.</summary>
    internal sealed class Topic
    {
        public RunEventLog? Log;
        public RunWatch[] Watches = [];
        public bool Dead;
    }
}

/// <summary>Someone's view of live events. Dispose to stop watching.</summary>
public sealed class RunWatch : IDisposable
{
    readonly Channel<RunEvent> channel;
    readonly bool endWhenBehind;
    readonly Action<RunWatch> close;
    readonly Lock gate = new();
    (Guid RunId, long From, long To)? gap;
    volatile bool fellBehind;

    internal RunWatch(int capacity, bool endWhenBehind, Action<RunWatch> close)
    {
        this.endWhenBehind = endWhenBehind;
        this.close = close;
        channel = endWhenBehind
            ? Channel.CreateBounded<RunEvent>(new BoundedChannelOptions(capacity))
            : Channel.CreateBounded<RunEvent>(new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true }, Dropped);
    }

    /// <summary>Events that had happened when the watch began, but may not be stored yet.</summary>
    public IReadOnlyList<RunEvent> Tail { get; init; } = [];

    /// <summary>Live events, in order per run.</summary>
    public ChannelReader<RunEvent> Events => channel.Reader;

    /// <summary>
    /// Whether the watcher lagged so far that its watch ended; look after each event that was read, and pass over the event if so: there may be a hole before it.
    /// </summary>
    public bool FellBehind => fellBehind;

    internal Guid? FlowId { get; init; }

    /// <summary>The numbers lost since the last call, to be told before the next event; null when nothing was lost. They can be read from the store.</summary>
    public (Guid RunId, long From, long To)? TakeGap()
    {
        lock (gate)
        {
            var lost = gap;
            gap = null;
            return lost;
        }
    }

    public void Dispose()
    {
        close(this);
        channel.Writer.TryComplete();
    }

    internal void Offer(RunEvent happened)
    {
        if (channel.Writer.TryWrite(happened) || !endWhenBehind || fellBehind)
            return;
        // Said before anything is thrown away, so that a reader never takes what follows a hole for the next.
        fellBehind = true;
        channel.Writer.TryComplete();
        while (channel.Reader.TryRead(out _))
        {
            // A reader that stands still for minutes holds no events meanwhile.
        }
    }

    void Dropped(RunEvent lost)
    {
        lock (gate)
            gap = gap is { } g && g.RunId == lost.RunId ? (g.RunId, g.From, lost.Seq) : (lost.RunId, lost.Seq, lost.Seq);
    }
}
