using System.Threading.Channels;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Runs;

namespace FlowStudio.Web.Studio.Editor.Live;

/// <summary>
/// Live events of flows for all who look at them. However many look at a flow, it is watched and its events are read once: viewers cost a run nothing, and
/// the server only what each of them draws.
/// </summary>
public sealed class FlowFeeds(RunEventHub hub, TimeProvider time)
{
    readonly Lock gate = new();
    readonly Dictionary<Guid, Feed> feeds = [];

    /// <summary>Follows a flow's runs from now on, until the viewer is disposed.</summary>
    public FlowViewer Follow(Guid flowId)
    {
        lock (gate)
        {
            if (!feeds.TryGetValue(flowId, out var feed))
                feeds[flowId] = feed = new Feed(hub.WatchAll(flowId), time);
            var viewer = new FlowViewer(leaving => Leave(flowId, feed, leaving));
            feed.Viewers = [.. feed.Viewers, viewer];
            return viewer;
        }
    }

    void Leave(Guid flowId, Feed feed, FlowViewer leaving)
    {
        lock (gate)
        {
            feed.Viewers = [.. feed.Viewers.Where(v => v != leaving)];
            if (feed.Viewers.Length > 0)
                return;
            feeds.Remove(flowId);
            feed.Stop();
        }
    }

    sealed class Feed
    {
        const int MaxEvents = 16_000;

        readonly RunWatch watch;
        readonly TimeProvider time;
        readonly FlowDigest digest = new();
        readonly CancellationTokenSource stop = new();
        volatile FlowViewer[] viewers = [];

        public Feed(RunWatch watch, TimeProvider time)
        {
            (this.watch, this.time) = (watch, time);
            _ = PumpAsync();
        }

        public FlowViewer[] Viewers
        {
            get => viewers;
            set => viewers = value;
        }

        public void Stop()
        {
            watch.Dispose();
            stop.Cancel();
        }

        async Task PumpAsync()
        {
            try
            {
                var (held, offered) = (new FlowBatch([]), default(DateTimeOffset));
                while (held.IsNews || digest.IsOpen || await watch.Events.WaitToReadAsync(stop.Token))
                {
                    var events = new List<RunEvent>();
                    var gap = watch.TakeGap();
                    while (events.Count < MaxEvents && watch.Events.TryRead(out var happened))
                        events.Add(happened);
                    var now = time.GetUtcNow();
                    held = held.With(digest.Take(events, gap, now));
                    if (held.IsNews && (!digest.IsBusy || now - offered >= FlowViewer.BusyInterval))
                    {
                        foreach (var viewer in viewers)
                            viewer.Offer(held);
                        (held, offered) = (new([]), now);
                    }
                    await Task.Delay(RunBatches.Interval, time, stop.Token);
                }
            }
            catch (OperationCanceledException)
            {
                // The last viewer has left.
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // Each page says that it shows nothing more.
                foreach (var viewer in viewers)
                    viewer.Fail(e);
            }
            finally
            {
                stop.Dispose();
            }
        }
    }
}

/// <summary>One page that looks at a flow. Dispose it to look away.</summary>
public sealed class FlowViewer : IDisposable
{
    /// <summary>Between two batches while runs are only counted: sums need not be drawn ten times a second.</summary>
    public static readonly TimeSpan BusyInterval = TimeSpan.FromSeconds(1);

    /// <summary>Some seconds of batches; a page that is further behind loses the oldest.</summary>
    const int Capacity = 40;

    readonly Channel<FlowBatch> channel;
    readonly Action<FlowViewer> leave;
    int missed;

    internal FlowViewer(Action<FlowViewer> leave)
    {
        this.leave = leave;
        channel = Channel.CreateBounded<FlowBatch>(new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true }, _ => Volatile.Write(ref missed, 1));
    }

    public ChannelReader<FlowBatch> Batches => channel.Reader;

    /// <summary>Whether batches were lost since this was last asked, because the page was too slow.</summary>
    public bool TakeMissed() => Interlocked.Exchange(ref missed, 0) == 1;

    public void Dispose()
    {
        leave(this);
        channel.Writer.TryComplete();
    }

    internal void Offer(FlowBatch batch) => channel.Writer.TryWrite(batch);

    internal void Fail(Exception why) => channel.Writer.TryComplete(why);
}
