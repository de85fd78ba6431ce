using System.Threading.Channels;

namespace FlowStudio.Engine.Threads;

/// <summary>Something new on a thread: a run that begins, or a state that was set by hand.</summary>
public sealed record ThreadNewsItem(ThreadRun? Begun, Checkpoint? Updated);

/// <summary>Tells who watches a thread what is new there. Nobody is waited for.</summary>
public sealed class ThreadNews
{
    readonly Lock gate = new();
    readonly Dictionary<Guid, List<ThreadWatch>> watches = [];

    /// <summary>Watches a thread from now on; dispose to stop.</summary>
    public ThreadWatch Watch(Guid threadId)
    {
        var watch = new ThreadWatch(closing => Unwatch(threadId, closing));
        lock (gate)
        {
            if (!watches.TryGetValue(threadId, out var all))
                watches[threadId] = all = [];
            all.Add(watch);
        }
        return watch;
    }

    public void Tell(Guid threadId, ThreadNewsItem item)
    {
        lock (gate)
        {
            foreach (var watch in watches.GetValueOrDefault(threadId) ?? [])
                watch.Offer(item);
        }
    }

    void Unwatch(Guid threadId, ThreadWatch closing)
    {
        lock (gate)
        {
            if (watches.TryGetValue(threadId, out var all) && all.Remove(closing) && all.Count == 0)
                watches.Remove(threadId);
        }
    }
}

/// <summary>Someone's view of what is new on a thread.</summary>
public sealed class ThreadWatch : IDisposable
{
    /// <summary>A thread's runs come one after the other: who is so far behind does not read.</summary>
    const int Most = 1000;

    readonly Channel<ThreadNewsItem> channel = Channel.CreateBounded<ThreadNewsItem>(new BoundedChannelOptions(Most) { SingleReader = true });
    readonly Action<ThreadWatch> close;

    internal ThreadWatch(Action<ThreadWatch> close) => this.close = close;

    /// <summary>What is new, in order. It ends when the reader is too far behind: then it has not been told all, and has to begin again.</summary>
    public ChannelReader<ThreadNewsItem> Items => channel.Reader;

    public void Dispose()
    {
        close(this);
        channel.Writer.TryComplete();
    }

    internal void Offer(ThreadNewsItem item)
    {
        if (!channel.Writer.TryWrite(item))
            channel.Writer.TryComplete();
    }
}
