using System.Globalization;
using System.Text.Json;
using FlowStudio.Engine.Runs;
using Microsoft.AspNetCore.Mvc;

namespace FlowStudio.Web.Api.DocsGpt;

/// <summary>
/// What became of a task, in Celery's words. Needs no key, as ids cannot be guessed; knows only runs that this dialect started, and any other id is one that
/// is still to come.
/// </summary>
sealed class AgentTasks(IRunStore runs, ILogger<AgentTasks> logger)
{
    const string Pending = "PENDING", Started = "STARTED", Success = "SUCCESS", Failure = "FAILURE";

    public Task StatusAsync(HttpContext context, [FromQuery(Name = "task_id")] string? taskId) => AgentAnswers.TryAsync(context, logger, async () =>
    {
        if (string.IsNullOrEmpty(taskId))
        {
            await AgentAnswers.RefuseAsync(context, StatusCodes.Status400BadRequest, "Task ID is required");
            return;
        }
        var run = Guid.TryParse(taskId, CultureInfo.InvariantCulture, out var id) ? await runs.FindDetailsAsync(id, context.RequestAborted) : null;
        await AgentAnswers.WriteAsync(context, StatusCodes.Status200OK, run is { Run.Trigger: RunTrigger.Webhook, Call.Dialect: AgentWebhook.Dialect } ? run : null, Write);
    });

    static void Write(Utf8JsonWriter json, RunDetails? run)
    {
        switch (run?.Run.Status)
        {
            case null or RunStatus.Queued:
                json.WriteString("status"u8, Pending);
                json.WriteNull("result"u8);
                break;
            case RunStatus.Running or RunStatus.Waiting:
                json.WriteString("status"u8, Started);
                json.WriteNull("result"u8);
                break;
            case RunStatus.Succeeded:
                json.WriteString("status"u8, Success);
                AgentResult.Write(json, run);
                break;
            default:
                json.WriteString("status"u8, Failure);
                json.WriteString("result"u8, Words(run.Run));
                break;
        }
    }

    static string Words(Run run) => run switch
    {
        { Error: { } error } => $"{error.Message} {error.Remedy}".TrimEnd(),
        { Status: RunStatus.Canceled } => "The run was canceled.",
        { Status: RunStatus.TimedOut } => "The run took longer than the flow's time limit.",
        _ => "The run failed.",
    };
}
