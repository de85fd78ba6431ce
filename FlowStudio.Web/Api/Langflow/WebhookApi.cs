using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Journal;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Api.Langflow;

/// <summary>
/// <c>/api/v1/webhook/{flow}</c>, the way in that must never be slow: no model binding, no scope, no logging, little allocated that the run does not
/// keep. Answers are Langflow's, and tell besides where the run can be seen.
/// </summary>
sealed partial class WebhookApi(IFlowStore flows, IRunIntake intake, WebhookGuard guard, StudioAccess access, WebhookReader reader, WebhookAnswer answer, WebhookWait wait,
    RefusedCalls refused, ILogger<WebhookApi> logger)
{
    static readonly WebhookRefusal NoWebhook = new(StatusCodes.Status409Conflict,
        "The flow has no Webhook component, so a webhook cannot start it. Add one, connect it, and publish the flow; or start the flow with POST " +
            "/v1/flows/{id}/runs.", "no Webhook component");

    static readonly TimeSpan LittleLater = TimeSpan.FromSeconds(5);

    public async Task CallAsync(HttpContext context)
    {
        RunnableFlow? flow = null;
        try
        {
            if (await FindAsync(context) is { } found)
                await HandleAsync(context, flow = found);
        }
        catch (ApiException e)
        {
            await RefuseAsync(context, flow, new(e.Status, e.Message, e.Status == StatusCodes.Status413PayloadTooLarge ? "body too large" : "bad body"));
        }
        catch (BadHttpRequestException e)
        {
            var reason = e.StatusCode == StatusCodes.Status413PayloadTooLarge ? "body too large" : "bad request";
            await RefuseAsync(context, flow, new(e.StatusCode, "The request is not valid HTTP.", reason));
        }
        catch (StorageException e)
        {
            await RefuseAsync(context, flow, new(StatusCodes.Status503ServiceUnavailable, e.Message, "database"), LittleLater);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone; there is nobody to answer.
        }
        catch (IOException)
        {
            await RefuseAsync(context, flow, new(StatusCodes.Status400BadRequest, "The request's body could not be read.", "bad body"));
        }
        catch (Exception e)
        {
            Failed(logger, e);
            await RefuseAsync(context, flow, new(StatusCodes.Status500InternalServerError, "Internal Server Error", "server error"));
        }
    }

    /// <summary>The flow that is called; without one the answer is given.</summary>
    async ValueTask<RunnableFlow?> FindAsync(HttpContext context)
    {
        var name = Name(context);
        if (!access.Wide && (!Origins.IsLocal(context.Request) || IsEmbedded(context.Request)))
        {
            await RefuseAsync(context, flow: null, new(StatusCodes.Status403Forbidden,
                "The request comes from a web page of another machine (its Origin or Sec-Fetch-Site header says so), and this server is for its own machine only.", ""));
            return null;
        }
        if (FlowNames.IsIdentifier(name) && await flows.ResolveAsync(name, draft: false, CancellationToken.None) is { } flow)
            return flow;
        await RefuseAsync(context, flow: null, new(StatusCodes.Status404NotFound, $"Flow identifier {name} not found", ""));
        return null;
    }

    async ValueTask HandleAsync(HttpContext context, RunnableFlow flow)
    {
        if (guard.Refuse(context.Request, flow.Flow) is { } stranger)
        {
            await RefuseAsync(context, flow, stranger);
            return;
        }
        var entry = flow.Webhook.Find(context.Request.Method);
        // Who has to sign is known by the body only, and learns nothing of the flow before.
        var signed = flow.Flow.WebhookAccess is WebhookAccess.Signed;
        if (!signed && entry is null)
        {
            await RefuseAsync(context, flow, NotTaken(context, flow.Webhook));
            return;
        }
        var (request, refusal) = await reader.ReadAsync(context, flow, entry);
        if (request is not null && entry is null)
            (request, refusal) = (null, NotTaken(context, flow.Webhook));
        if (request is null || entry is null)
        {
            await RefuseAsync(context, flow, refusal);
            return;
        }
        var result = await intake.StartAsync(request, CancellationToken.None);
        if (result.Outcome is not (IntakeOutcome.Accepted or IntakeOutcome.Repeated))
        {
            await RefuseAsync(context, flow, Refusal(result), result.Outcome is IntakeOutcome.QueueFull or IntakeOutcome.Paused or IntakeOutcome.StorageUnavailable
                ? result.RetryAfter ?? LittleLater : null);
        }
        else if (entry.Answer is AnswerTime.AtOnce)
        {
            answer.Write(context, flow.Flow, Name(context), result.RunId);
        }
        else
        {
            await wait.AnswerAsync(context, flow, entry, Name(context), result.RunId);
        }
    }

    static string Name(HttpContext context) => context.Request.RouteValues["flow"] as string ?? "";

    /// <summary>A page of elsewhere can have its reader's browser fetch an address without telling its origin, as an image for instance.</summary>
    static bool IsEmbedded(HttpRequest request) => !HttpMethods.IsPost(request.Method) && request.Headers["Sec-Fetch-Site"] == "cross-site";

    static WebhookRefusal NotTaken(HttpContext context, WebhookDoor door)
    {
        if (!door.IsOpen)
            return NoWebhook;
        var allowed = string.Join(", ", door.Allowed);
        context.Response.Headers.Allow = allowed;
        return new(StatusCodes.Status405MethodNotAllowed,
            $"This flow's webhook takes {allowed}, not {context.Request.Method}. Which methods it takes is the setting Methods of its Webhook component.",
            $"{context.Request.Method} not taken");
    }

    static WebhookRefusal Refusal(IntakeResult result) => result.Outcome switch
    {
        IntakeOutcome.KeyReused => new(StatusCodes.Status422UnprocessableEntity,
            Say(result, "The Idempotency-Key was used within the last hours with another body. Use a new key for a new request."), "key used before"),
        IntakeOutcome.QueueFull => new(StatusCodes.Status429TooManyRequests, Say(result, "Too many runs wait for their turn. Try again later."), "queue full"),
        IntakeOutcome.Paused => new(StatusCodes.Status503ServiceUnavailable, Say(result, "The server takes no new runs now. Try again later."), "paused"),
        IntakeOutcome.FlowDisabled => new(StatusCodes.Status409Conflict, Say(result, "The flow is switched off. Switch it on to run it."), "switched off"),
        IntakeOutcome.FlowInvalid => new(StatusCodes.Status409Conflict,
            $"The flow cannot run: {string.Join(' ', result.Problems.Where(p => p.Severity is ProblemSeverity.Error).Take(5).Select(InWords))}", "flow has problems"),
        _ => new(StatusCodes.Status503ServiceUnavailable, Say(result, "The database cannot take the run now. Try again later."), "database"),
    };

    static string InWords(FlowProblem problem) => $"{problem.Message} {problem.Advice}".TrimEnd();

    static string Say(IntakeResult result, string otherwise) => result.Message.Length > 0 ? result.Message : otherwise;

    Task RefuseAsync(HttpContext context, RunnableFlow? flow, WebhookRefusal refusal, TimeSpan? retryAfter = null)
    {
        if (flow is not null)
            refused.Add(flow.Flow.Id, refusal.Status, refusal.Reason);
        return ErrorAnswers.WriteAsync(context, refusal.Status, code: "", refusal.Detail, retryAfter);
    }

    [LoggerMessage(EventId = 5100, Level = LogLevel.Error, Message = "A webhook call failed for a reason nobody foresaw")]
    static partial void Failed(ILogger logger, Exception exception);
}
