using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Configuration;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Api.Langflow;

/// <summary>
/// Answers callers who wait for more than the receipt: with what their run gives or what its Respond says. Whatever becomes of the caller, the run goes its
/// way; and when the time is over, the server stops or too many wait, the caller gets the receipt after all.
/// </summary>
sealed class WebhookWait(RunFeed feed, WebhookAnswer receipt, WebOptions options, AnsweredCalls answered, IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary>Tells which run an answer is of, whose body is the flow's own.</summary>
    public const string RunHeader = "X-Run-Id";

    int waiting;

    /// <summary>Callers that wait now.</summary>
    public int Waiting => Volatile.Read(ref waiting);

    public async Task AnswerAsync(HttpContext context, RunnableFlow flow, WebhookEntry entry, string name, Guid runId)
    {
        var response = await WaitAsync(context, entry, runId);
        if (context.RequestAborted.IsCancellationRequested)
            return;
        context.Response.Headers[RunHeader] = runId.ToString();
        answered.Add(runId, response?.Status ?? StatusCodes.Status202Accepted);
        if (response is null)
            receipt.Write(context, flow.Flow, name, runId);
        else
            await WriteAsync(context, response);
    }

    /// <summary>The run's own answer, or null when the receipt has to do.</summary>
    async Task<RunResponse?> WaitAsync(HttpContext context, WebhookEntry entry, Guid runId)
    {
        if (Interlocked.Increment(ref waiting) > options.Webhooks.MaxWaiting)
        {
            Interlocked.Decrement(ref waiting);
            return null;
        }
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(entry.LimitSeconds), time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            return await FollowAsync(entry.Answer, runId, ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            return null;
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }

    async Task<RunResponse?> FollowAsync(AnswerTime kind, Guid runId, CancellationToken cancellationToken)
    {
        var seen = 0L;
        while (true)
        {
            var missed = false;
            await foreach (var happened in feed.FollowAsync(runId, seen, cancellationToken))
            {
                // What was missed may have been the answer: it is read again, from the store.
                missed = happened.Type is RunEventTypes.Gap;
                if (missed)
                    break;
                seen = happened.Seq;
                if (happened.Type is RunEventTypes.RunResponded && kind is AnswerTime.ByRespond)
                    return RunResponse.Read(happened.Read().Data);
                if (happened.Type is RunEventTypes.RunFinished)
                    return OfEnd(kind, runId, happened.Read().Data);
            }
            if (!missed)
                return null;
        }
    }

    /// <summary>What an ended run answers; null when it succeeded without a word to its caller.</summary>
    static RunResponse? OfEnd(AnswerTime kind, Guid runId, JsonElement end)
    {
        var status = RunNames.Status(end.GetProperty("status").GetString() ?? "");
        if (status is not RunStatus.Succeeded)
            return Failed(runId, status, end);
        if (kind is not AnswerTime.AtEnd)
            return null;
        var output = end.GetProperty("output");
        return output.ValueKind is JsonValueKind.String
            ? new(StatusCodes.Status200OK, "text/plain; charset=utf-8", output.GetString() ?? "", [])
            : new(StatusCodes.Status200OK, "application/json", output.GetRawText(), []);
    }

    /// <summary>A sender that gets 500 or more tries again, as after a failure of any server; what failed, and in which run, it can tell a person.</summary>
    static RunResponse Failed(Guid runId, RunStatus? status, JsonElement end)
    {
        var body = JsonText.Element((runId, status, end), static (json, s) =>
        {
            var error = s.end.TryGetProperty("error", out var told) && told.ValueKind is JsonValueKind.Object ? told : default;
            json.WriteStartObject();
            json.WriteString("detail"u8, error.ValueKind is JsonValueKind.Object && error.TryGetProperty("message"u8, out var message) && message.GetString() is { Length: > 0 } why
                ? why : "The run did not succeed.");
            json.WriteString("run_id"u8, s.runId);
            json.WriteString("status"u8, RunNames.Of(s.status ?? RunStatus.Failed));
            if (error.ValueKind is JsonValueKind.Object)
                json.WriteRaw("error"u8, error);
            json.WriteEndObject();
        });
        return new(status is RunStatus.TimedOut ? StatusCodes.Status504GatewayTimeout : StatusCodes.Status500InternalServerError, "application/json", body.GetRawText(), []);
    }

    static Task WriteAsync(HttpContext context, RunResponse answer)
    {
        var response = context.Response;
        response.StatusCode = answer.Status;
        // An answer to a GET must not be given again to the next who asks; a flow that wants it otherwise says so itself.
        response.Headers.CacheControl = "no-store";
        foreach (var header in answer.Headers.GroupBy(h => h.Key, h => h.Value, StringComparer.OrdinalIgnoreCase))
            response.Headers[header.Key] = header.ToArray();
        if (answer.Body.Length == 0)
            return Task.CompletedTask;
        var body = Encoding.UTF8.GetBytes(answer.Body);
        response.ContentType = answer.ContentType;
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
