using System.Globalization;
using System.Text.Json.Nodes;
using FlowStudio.Engine;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Api.Langflow.Files;

namespace FlowStudio.Web.Api.Langflow;

/// <summary>
/// A run's messages and tokens as they come. The records are JSON lines with an empty line after each, though the content type says otherwise: that is how
/// Langflow sends them, and what its clients read.
/// </summary>
sealed class RunStream(RunFeed feed, IRunStore store, SecretRedactor redactor, IHostApplicationLifetime lifetime)
{
    public async Task WriteAsync(HttpContext context, StartedRun started, RunWish wish)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        OpenStream.Begin(context, "no-cache");
        try
        {
            // A client learns at once that its run was taken, however long the first word takes.
            await context.Response.Body.FlushAsync(ending.Token);
            await foreach (var happened in feed.StreamAsync(started.Id, after: 0, ending.Token))
            {
                if (happened.Type == RunEventTypes.CutOff)
                {
                    await SendAsync(context, "error", CutOff($"{RunFeed.CutOffWords} Its events are at /v1/runs/{started.Id}/events, its result is at /v1/runs/{started.Id}."), ending.Token);
                    return;
                }
                if (EventOf(happened) is { } told)
                    await SendAsync(context, told.Name, told.Data, ending.Token);
            }
            var details = await store.FindDetailsAsync(started.Id, ending.Token);
            if (details is { Run.Status: RunStatus.Succeeded })
                await SendAsync(context, "end", new JsonObject { ["result"] = RunEnvelope.Of(details, started, wish) }, ending.Token);
            else
                await SendAsync(context, "error", new JsonObject { ["error"] = details is null ? "The run was deleted." : LangflowRuns.Failure(details.Run) }, ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The reader left, or the server stops: the run goes on.
        }
    }

    /// <summary>What a reader is told of an event; null for those that Langflow's readers do not know.</summary>
    public static (string Name, JsonObject Data)? EventOf(RunEvent happened)
    {
        if (happened.Type is not (RunEventTypes.Token or RunEventTypes.NodeFinished))
            return null;
        var view = happened.Read();
        if (happened.Type == RunEventTypes.Token)
        {
            return view.Text("text") is not { Length: > 0 } text ? null : ("token", new JsonObject
            {
                ["chunk"] = text,
                ["id"] = view.NodeId,
                ["timestamp"] = view.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'+00:00'", CultureInfo.InvariantCulture),
            });
        }
        return LangflowNode.Member(LangflowNode.Member(view.Data, "output"), "message") is var message && RunEnvelope.IsMessage(message)
            ? ("add_message", RunEnvelope.MessageOf(message)) : null;
    }

    /// <summary>What a reader is told last when it reads too slowly.</summary>
    public static JsonObject CutOff(string error) => new() { ["error"] = error, ["code"] = RunFeed.TooSlow };

    async Task SendAsync(HttpContext context, string name, JsonObject data, CancellationToken cancellationToken)
    {
        var line = redactor.Redact(KeptFile.ToElement(new JsonObject { ["event"] = name, ["data"] = data }));
        await context.Response.Body.WriteAsync(JsonText.Utf8(line).ToArray(), cancellationToken);
        await context.Response.Body.WriteAsync("\n\n"u8.ToArray(), cancellationToken);
        await context.Response.Body.FlushAsync(cancellationToken);
    }
}
