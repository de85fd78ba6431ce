using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Api.Json;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Api.Langflow;

/// <summary>
/// What became of a webhook's run, for callers without access to the API: status, result and progress. Input and steps are left out, unless the call shows
/// the API's own access.
/// </summary>
sealed class WebhookRuns(IFlowStore flows, IRunStore runs, RunLinks links, StudioAccess access, EventStream stream)
{
    public async Task GetAsync(HttpContext context)
    {
        if (await FindAsync(context) is not { } id)
            return;
        if (await runs.FindDetailsAsync(id, context.RequestAborted) is not { } details)
            await NotFoundAsync(context);
        else
            await context.Response.WriteAsJsonAsync(RunView.Of(details, access.ShowsAccess(context)), ApiJson.Relaxed.RunView, contentType: null,
                context.RequestAborted);
    }

    public async Task EventsAsync(HttpContext context)
    {
        if (await FindAsync(context) is not { } id)
            return;
        if (EventStream.After(context.Request) is not { } after)
            await ErrorAnswers.WriteAsync(context, StatusCodes.Status400BadRequest, code: "", "Last-Event-ID must be the number of an event.");
        else
            await stream.WriteAsync(context, id, after, access.ShowsAccess(context) ? static e => e.Json : Outside);
    }

    /// <summary>The run's id when the caller may see it; otherwise the answer is given.</summary>
    async Task<Guid?> FindAsync(HttpContext context)
    {
        var name = context.Request.RouteValues["flow"] as string ?? "";
        if (!FlowNames.IsIdentifier(name) || await flows.ResolveAsync(name, draft: false, context.RequestAborted) is not { Flow: var flow })
        {
            await ErrorAnswers.WriteAsync(context, StatusCodes.Status404NotFound, code: "", $"Flow identifier {name} not found");
            return null;
        }
        if (!Guid.TryParse(context.Request.RouteValues["run"] as string, out var id))
        {
            await NotFoundAsync(context);
            return null;
        }
        if (flow.WebhookAccess is not WebhookAccess.Open && !links.IsToken(id, context.Request.Query["token"]) && !access.ShowsAccess(context))
        {
            await ErrorAnswers.WriteAsync(context, StatusCodes.Status401Unauthorized, code: "",
                "Invalid or missing token. Use status_url and events_url as the webhook's answer gave them.");
            return null;
        }
        if (await runs.FindAsync(id, context.RequestAborted) is { } run && run.FlowId == flow.Id)
            return id;
        await NotFoundAsync(context);
        return null;
    }

    static Task NotFoundAsync(HttpContext context) => ErrorAnswers.WriteAsync(context, StatusCodes.Status404NotFound, code: "", "Run not found");

    /// <summary>The event without what went into and came out of single nodes; their log is not for outsiders at all.</summary>
    static ReadOnlyMemory<byte>? Outside(RunEvent happened)
    {
        if (happened.Type is RunEventTypes.Log)
            return null;
        if (happened.Type is not (RunEventTypes.RunAccepted or RunEventTypes.NodeStarted or RunEventTypes.NodeFinished or RunEventTypes.NodeWaiting or RunEventTypes.NodeAnswered))
            return happened.Json;
        var view = happened.Read();
        return RunEventJson.Write(view.Seq, view.FromSeq, view.At, view.Type, view.NodeId, view.Iteration, view.Attempt, view.Data, static (json, data) =>
        {
            if (data.ValueKind is not JsonValueKind.Object)
                return;
            foreach (var member in data.EnumerateObject())
            {
                if (member.Name is "input" or "output" or "call" or "question" or "answer" or "by")
                    continue;
                json.WritePropertyName(member.Name);
                json.WriteRawValue(JsonText.Utf8(member.Value), skipInputValidation: true);
            }
        });
    }
}
