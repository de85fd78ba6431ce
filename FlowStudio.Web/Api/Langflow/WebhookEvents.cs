using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Api.Langflow.Files;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Api.Langflow;

/// <summary><c>GET /api/v1/webhook-events/{flow}</c>: the webhook runs of a flow as they happen, for whoever has the flow open in an editor.</summary>
sealed class WebhookEvents(LangflowRuns runs, RunEventHub hub, SecretRedactor redactor, IHostApplicationLifetime lifetime, TimeProvider time)
{
    static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(30);

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/webhook-events/{flow}", (Delegate)FastApi.Handle(FollowAsync))
        .Access(AccessRule.Api).WithTags("Webhook").WithSummary("A flow's webhook runs as they happen (server-sent events, Langflow)");

    async Task FollowAsync(HttpContext context)
    {
        var name = context.Request.RouteValues["flow"] as string ?? "";
        var flow = await runs.ResolveAsync(name, context.RequestAborted);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        // Watched before anything is said: who reads "connected" misses nothing that comes after.
        using var watch = hub.WatchAll(flow.Flow.Id, RunFeed.MostBehind, endWhenBehind: true);
        OpenStream.Begin(context, "no-cache");
        try
        {
            await SendAsync(context, "connected", new JsonObject { ["flow_id"] = flow.Flow.Id.ToString(), ["flow_name"] = flow.Flow.Name }, ending.Token);
            var followed = new HashSet<Guid>();
            while (true)
            {
                var more = watch.Events.WaitToReadAsync(ending.Token).AsTask();
                while (true)
                {
                    await ((Task)more).WaitAsync(Heartbeat, time, ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    if (more.IsCompleted)
                        break;
                    ending.Token.ThrowIfCancellationRequested();
                    await SendAsync(context, "heartbeat", new JsonObject { ["timestamp"] = time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0 }, ending.Token);
                }
                var goes = await more;
                while (watch.Events.TryRead(out var happened) && !watch.FellBehind)
                    await TellAsync(context, name, happened, followed, ending.Token);
                if (watch.FellBehind)
                    await SendAsync(context, "error", RunStream.CutOff($"This reader fell more than {RunFeed.MostBehind:N0} events behind, so its stream was ended. Open it again; what it missed is in the runs' own events, at /v1/runs."), ending.Token);
                if (!goes || watch.FellBehind)
                    return;
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The reader left, or the server stops.
        }
    }

    async Task TellAsync(HttpContext context, string flow, RunEvent happened, HashSet<Guid> followed, CancellationToken cancellationToken)
    {
        if (happened.Type == RunEventTypes.RunAccepted)
        {
            if (happened.Read().Text("trigger") != "webhook")
                return;
            followed.Add(happened.RunId);
            var ids = (await runs.ResolveAsync(flow, cancellationToken)).Version.Document.Nodes.Select(n => n.Id).ToList();
            await SendAsync(context, "vertices_sorted", new JsonObject { ["ids"] = List(ids), ["to_run"] = List(ids), ["run_id"] = happened.RunId.ToString() }, cancellationToken);
            return;
        }
        if (!followed.Contains(happened.RunId))
            return;
        if (EventOf(happened) is { } told)
            await SendAsync(context, told.Name, told.Data, cancellationToken);
        if (RunStream.EventOf(happened) is { } said)
            await SendAsync(context, said.Name, said.Data, cancellationToken);
        if (happened.Type == RunEventTypes.RunFinished)
            followed.Remove(happened.RunId);
    }

    static (string Name, JsonObject Data)? EventOf(RunEvent happened)
    {
        if (happened.Type is not (RunEventTypes.NodeStarted or RunEventTypes.NodeFinished or RunEventTypes.NodeFailed or RunEventTypes.RunFinished))
            return null;
        var view = happened.Read();
        if (happened.Type == RunEventTypes.NodeStarted)
            return ("build_start", new JsonObject { ["id"] = view.NodeId });
        var error = LangflowNode.Text(LangflowNode.Member(view.Data, "error"), "message");
        if (happened.Type == RunEventTypes.RunFinished)
        {
            var end = new JsonObject { ["run_id"] = happened.RunId.ToString(), ["success"] = view.Text("status") == "succeeded" };
            if (error is not null)
                end["error"] = error;
            return ("end", end);
        }
        var outputs = new JsonObject();
        if (LangflowNode.Member(view.Data, "output") is { ValueKind: JsonValueKind.Object } gave)
        {
            foreach (var port in gave.EnumerateObject())
                outputs[port.Name] = new JsonObject { ["message"] = JsonNode.Parse(port.Value.GetRawText()), ["type"] = port.Value.ValueKind is JsonValueKind.String ? "text" : "object" };
        }
        var took = LangflowNode.Number(view.Data, "duration_ms") ?? 0;
        return ("end_vertex", new JsonObject
        {
            ["build_data"] = new JsonObject
            {
                ["id"] = view.NodeId,
                ["valid"] = error is null,
                ["params"] = error,
                ["data"] = new JsonObject
                {
                    ["results"] = new JsonObject(),
                    ["outputs"] = outputs,
                    ["logs"] = new JsonObject(),
                    ["messages"] = new JsonArray(),
                    ["duration"] = string.Create(CultureInfo.InvariantCulture, $"{Math.Round(took)} ms"),
                },
                ["artifacts"] = new JsonObject(),
                ["timestamp"] = view.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'+00:00'", CultureInfo.InvariantCulture),
                ["messages"] = new JsonArray(),
                ["inactivated_vertices"] = new JsonArray(),
                ["next_vertices_ids"] = new JsonArray(),
                ["top_level_vertices"] = new JsonArray(),
            },
        });
    }

    static JsonArray List(IEnumerable<string> ids) => new([.. ids.Select(i => (JsonNode?)i)]);

    async Task SendAsync(HttpContext context, string name, JsonObject data, CancellationToken cancellationToken)
    {
        var json = redactor.Redact(KeptFile.ToElement(data)).GetRawText();
        await context.Response.WriteAsync($"event: {name}\ndata: {json}\n\n", cancellationToken);
        await context.Response.Body.FlushAsync(cancellationToken);
    }
}
