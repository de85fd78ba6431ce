using System.Runtime.CompilerServices;
using System.Threading.Channels;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Web.Studio.Runs;

/// <summary>An event as it came, read.</summary>
public readonly record struct SeenEvent(Guid RunId, RunEventView View);

/// <summary>Live events in batches, ten a second at most: a page draws once per batch, however fast a run speaks.</summary>
public static class RunBatches
{
    /// <summary>The shortest time between two batches.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    const int MaxEvents = 4_000;

    /// <summary>Of one run's feed, which is waited for rather than lost when the page is slow.</summary>
    public static async IAsyncEnumerable<IReadOnlyList<SeenEvent>> Of(
        IAsyncEnumerable<RunEvent> feed, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<SeenEvent>(MaxEvents);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pump = PumpAsync(feed, channel.Writer, stop.Token);
        try
        {
            while (await channel.Reader.WaitToReadAsync(cancellationToken))
            {
                var events = new List<SeenEvent>();
                while (events.Count < MaxEvents && channel.Reader.TryRead(out var happened))
                    events.Add(happened);
                yield return events;
                await Task.Delay(Interval, time, cancellationToken);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await pump;
        }
    }

    static async Task PumpAsync(IAsyncEnumerable<RunEvent> feed, ChannelWriter<SeenEvent> writer, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var happened in feed.WithCancellation(cancellationToken))
                await writer.WriteAsync(new(happened.RunId, happened.Read()), cancellationToken);
            writer.Complete();
        }
        catch (Exception e)
        {
            // Handed to whoever reads the batches; a canceled reader does not look any more.
            writer.Complete(e is OperationCanceledException ? null : e);
        }
    }
}
