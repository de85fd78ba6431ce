using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Web.Api;

/// <summary>A run's events as server-sent events: <c>id</c> is the number, <c>event</c> the type, <c>data</c> the event's JSON.</summary>
sealed class EventStream(RunFeed feed, IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary>A comment so often, while nothing happens, keeps proxies from cutting the connection.</summary>
    static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>The number after which to go on: <c>Last-Event-ID</c>, or <c>?after=</c> for those who cannot send headers; 0 when neither is given.</summary>
    /// <returns>Null when what was given is no number.</returns>
    public static long? After(HttpRequest request)
    {
        string? given = request.Headers["Last-Event-ID"];
        given = string.IsNullOrEmpty(given) ? request.Query["after"] : given;
        if (string.IsNullOrEmpty(given))
            return 0;
        return long.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var after) ? after : null;
    }

    /// <summary>
    /// Streams until the run has ended or the watcher or the server goes. When nothing is left to tell, the answer is 204: an EventSource then stops coming
    /// back. A watcher that reads too slowly is cut off: what was written before comes first, then an event of type <see cref="RunEventTypes.CutOff"/>, under
    /// the number of the last one before it, so that an EventSource that comes back goes on there.
    /// </summary>
    /// <remarks>While a watcher does not read, a stream holds what the server buffers of an answer (64 KiB) and at most <see cref="RunFeed.MostBehind"/> events.</remarks>
    /// <param name="show">What of an event to show; null leaves it out.</param>
    public async Task WriteAsync(HttpContext context, Guid runId, long after, Func<RunEvent, ReadOnlyMemory<byte>?> show)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await using var events = feed.StreamAsync(runId, after, ending.Token).GetAsyncEnumerator(ending.Token);
            var next = events.MoveNextAsync().AsTask();
            if (next is { IsCompletedSuccessfully: true } && !await next)
            {
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                return;
            }
            OpenStream.Begin(context);
            await StreamAsync(context.Response.BodyWriter, events, next, show, ending);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The watcher left, or the server stops: the stream ends, and can be resumed by its numbers.
        }
    }

    async Task StreamAsync(PipeWriter output, IAsyncEnumerator<RunEvent> events, Task<bool> next, Func<RunEvent, ReadOnlyMemory<byte>?> show,
        CancellationTokenSource ending)
    {
        try
        {
            while (true)
            {
                if (!next.IsCompleted)
                {
                    await output.FlushAsync(ending.Token);
                    await ((Task)next).WaitAsync(Heartbeat, time, ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    if (!next.IsCompleted)
                    {
                        ending.Token.ThrowIfCancellationRequested();
                        output.Write(": heartbeat\n\n"u8);
                        continue;
                    }
                }
                if (!await next)
                    break;
                var happened = events.Current;
                if (show(happened) is { } json)
                    Write(output, happened, json.Span);
                if (output.UnflushedBytes > 32 * 1024)
                    await output.FlushAsync(ending.Token);
                next = events.MoveNextAsync().AsTask();
            }
            await output.FlushAsync(ending.Token);
        }
        catch
        {
            // The events cannot be disposed of while the next one is being waited for.
            await ending.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    static void Write(PipeWriter output, RunEvent happened, ReadOnlySpan<byte> json)
    {
        output.Write("id: "u8);
        Utf8Formatter.TryFormat(happened.Seq, output.GetSpan(20), out var digits);
        output.Advance(digits);
        output.Write("\nevent: "u8);
        Encoding.UTF8.GetBytes(happened.Type, output);
        output.Write("\ndata: "u8);
        output.Write(json);
        output.Write("\n\n"u8);
    }
}
