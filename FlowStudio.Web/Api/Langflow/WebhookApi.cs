using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Api.Langflow;

/// <summary>
/// <c>POST /api/v1/webhook/{flow}</c>, the way in that must never be slow: no model binding, no scope, no logging, little allocated that the run does not
/// keep. Answers are Langflow's, and tell besides where the run can be seen.
/// </summary>
sealed partial class WebhookApi(IFlowStore flows, IRunIntake intake, SecretVault vault, StudioAccess access, WebhookReader reader, WebhookAnswer answer,
    ILogger<WebhookApi> logger)
{
    static readonly TimeSpan LittleLater = TimeSpan.FromSeconds(5);

    public async Task PostAsync(HttpContext context)
    {
        try
        {
            await HandleAsync(context);
        }
        catch (ApiException e)
        {
            await RefuseAsync(context, new(e.Status, e.Message));
        }
        catch (BadHttpRequestException e)
        {
            await RefuseAsync(context, new(e.StatusCode, "The request is not valid HTTP."));
        }
        catch (StorageException e)
        {
            await RefuseAsync(context, new(StatusCodes.Status503ServiceUnavailable, e.Message), LittleLater);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone; there is nobody to answer.
        }
        catch (IOException)
        {
            await RefuseAsync(context, new(StatusCodes.Status400BadRequest, "The request's body could not be read."));
        }
        catch (Exception e)
        {
            Failed(logger, e);
            await RefuseAsync(context, new(StatusCodes.Status500InternalServerError, "Internal Server Error"));
        }
    }

    async ValueTask HandleAsync(HttpContext context)
    {
        var name = context.Request.RouteValues["flow"] as string ?? "";
        if (!access.Wide && !Origins.IsLocal(context.Request))
        {
            await RefuseAsync(context, new(StatusCodes.Status403Forbidden,
                "The request comes from a web page of another machine (its Origin header says so), and this server is for its own machine only."));
            return;
        }
        if (!FlowNames.IsIdentifier(name) || await flows.ResolveAsync(name, draft: false, CancellationToken.None) is not { } flow)
        {
            await RefuseAsync(context, new(StatusCodes.Status404NotFound, $"Flow identifier {name} not found"));
            return;
        }
        if (flow.Flow.WebhookAccess is not WebhookAccess.Open && !HasToken(context.Request, flow.Flow.Id))
        {
            await RefuseAsync(context, new(StatusCodes.Status401Unauthorized,
                "Invalid or missing webhook token. Send the flow's token as X-Webhook-Token, or as ?token= in the address; the flow's API tab shows it."));
            return;
        }
        if (!HasWebhook(flow.Version.Document))
        {
            await RefuseAsync(context, new(StatusCodes.Status409Conflict,
                "The flow has no Webhook component, so a webhook cannot start it. Add one, connect it, and publish the flow; or start the flow with POST " +
                    "/v1/flows/{id}/runs."));
            return;
        }
        var (request, refusal) = await reader.ReadAsync(context, flow);
        if (request is null)
        {
            await RefuseAsync(context, refusal);
            return;
        }
        var result = await intake.StartAsync(request, CancellationToken.None);
        if (result.Outcome is IntakeOutcome.Accepted or IntakeOutcome.Repeated)
            answer.Write(context, flow.Flow, name, result.RunId);
        else
            await RefuseAsync(context, Refusal(result), result.Outcome is IntakeOutcome.QueueFull or IntakeOutcome.Paused or IntakeOutcome.StorageUnavailable
                ? result.RetryAfter ?? LittleLater : null);
    }

    bool HasToken(HttpRequest request, Guid flowId)
    {
        // The header is preferred: an address ends up in logs and histories.
        string? token = request.Headers["X-Webhook-Token"];
        if (string.IsNullOrEmpty(token) && request.QueryString.HasValue)
            token = request.Query["token"];
        return !string.IsNullOrEmpty(token) && vault.WebhookTokenMatches(flowId, token);
    }

    static bool HasWebhook(FlowDocument document)
    {
        var nodes = document.Nodes;
        for (var i = 0; i < nodes.Count; i++)
        {
            if (nodes[i] is { Type: "Webhook", Disabled: false })
                return true;
        }
        return false;
    }

    static WebhookRefusal Refusal(IntakeResult result) => result.Outcome switch
    {
        IntakeOutcome.KeyReused => new(StatusCodes.Status422UnprocessableEntity,
            Say(result, "The Idempotency-Key was used within the last hours with another body. Use a new key for a new request.")),
        IntakeOutcome.QueueFull => new(StatusCodes.Status429TooManyRequests, Say(result, "Too many runs wait for their turn. Try again later.")),
        IntakeOutcome.Paused => new(StatusCodes.Status503ServiceUnavailable, Say(result, "The server takes no new runs now. Try again later.")),
        IntakeOutcome.FlowDisabled => new(StatusCodes.Status409Conflict, Say(result, "The flow is switched off. Switch it on to run it.")),
        IntakeOutcome.FlowInvalid => new(StatusCodes.Status409Conflict,
            $"The flow cannot run: {string.Join(' ', result.Problems.Where(p => p.Severity is ProblemSeverity.Error).Take(5).Select(InWords))}"),
        _ => new(StatusCodes.Status503ServiceUnavailable, Say(result, "The database cannot take the run now. Try again later.")),
    };

    static string InWords(FlowProblem problem) => $"{problem.Message} {problem.Advice}".TrimEnd();

    static string Say(IntakeResult result, string otherwise) => result.Message.Length > 0 ? result.Message : otherwise;

    static Task RefuseAsync(HttpContext context, WebhookRefusal refusal, TimeSpan? retryAfter = null) =>
        ErrorAnswers.WriteAsync(context, refusal.Status, code: "", refusal.Detail, retryAfter);

    [LoggerMessage(EventId = 5100, Level = LogLevel.Error, Message = "A webhook call failed for a reason nobody foresaw")]
    static partial void Failed(ILogger logger, Exception exception);
}
