using FlowStudio.Engine.Flows;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Api.Docs;

/// <summary>JavaScript as a module: Node 18 or later, Deno, Bun; in a browser where the server's origin is the page's.</summary>
public static partial class Snippets
{
    static string JavaScript(WebhookCall call, SnippetMode mode) => mode switch
    {
        SnippetMode.Wait => $"""
            {ApiComment("//", call)}{JavaScriptPost(call.WaitUrl, JavaScriptKey(call), call.RunBody)}
            const run = await response.json();
            console.log(run.status, run.output);
            """,
        SnippetMode.Stream => $$"""
            {{JavaScriptCall(call)}}
            const { events_url } = await response.json();

            const events = await fetch(events_url);
            let rest = "";
            for await (const text of events.body.pipeThrough(new TextDecoderStream())) {
              const lines = (rest + text).split("\n");
              rest = lines.pop();
              for (const line of lines) {
                if (!line.startsWith("data: ")) continue;
                const event = JSON.parse(line.slice(6));
                console.log(event.type, event.data);
              }
            }
            """,
        SnippetMode.Poll => $$"""
            {{JavaScriptCall(call)}}
            const { status_url } = await response.json();

            let run;
            do {
              await new Promise(resolve => setTimeout(resolve, 1000));
              run = await (await fetch(status_url)).json();
            } while (["queued", "running", "waiting"].includes(run.status));
            console.log(run.status, run.output);
            """,
        SnippetMode.Agent => $$"""
            {{JavaScriptPost(call.AgentUrl, header: null, call.Body)}}
            const { task_id } = await response.json();

            let task;
            do {
              await new Promise(resolve => setTimeout(resolve, 1000));
              task = await (await fetch({{JsonOf(call.TaskUrl)}} + task_id)).json();
            } while (!["SUCCESS", "FAILURE"].includes(task.status));
            console.log(task.status, task.result);
            """,
        SnippetMode.Cron => $$"""
            {{ApiComment("//", call)}}{{JavaScriptPost(call.SchedulesUrl, JavaScriptKey(call), ScheduleBody(call))}}
            const { id } = await response.json();
            console.log(id);
            """,
        _ when call.Answer is not AnswerTime.AtOnce => $$"""
            {{JavaScriptCall(call)}}
            console.log(response.status, await response.text());
            """,
        _ => $$"""
            {{JavaScriptCall(call)}}
            const { run_id } = await response.json();
            console.log(run_id);
            """,
    };

    static string? JavaScriptKey(WebhookCall call) => call.AsksForKey ? JavaScriptKeyHeader : null;

    const string JavaScriptKeyHeader = $"\"{ApiKeyHeaders.HeaderName}\": process.env.{WebhookCall.ApiKeyVariable}";

    /// <summary>The call of the webhook, as its access asks for it.</summary>
    static string JavaScriptCall(WebhookCall call) => call.Access switch
    {
        WebhookAccess.ApiKey => KeyComment("//") + JavaScriptPost(call.Url, JavaScriptKeyHeader, call.Body, call),
        WebhookAccess.Signed => $$"""
            import { createHmac, randomUUID } from "node:crypto";

            const secret = {{JsonOf(call.SigningSecret)}};
            const body = {{(call.HasBody ? $"JSON.stringify({SnippetLiteral.Json(call.Body, indent: 0)})" : "\"\"")}};
            const id = `msg_${randomUUID()}`;
            const timestamp = String(Math.floor(Date.now() / 1000));
            const signature = createHmac("sha256", Buffer.from(secret.slice("whsec_".length), "base64"))
              .update(`${id}.${timestamp}.${body}`)
              .digest("base64");

            const response = await fetch({{JsonOf(call.Url)}}, {
              method: "{{call.Method}}",
              headers: {
                "Content-Type": "application/json",
                "{{CallSignature.IdHeader}}": id,
                "{{CallSignature.TimeHeader}}": timestamp,
                "{{CallSignature.SignatureHeader}}": `v1,${signature}`,
              },{{(call.HasBody ? "\n  body," : "")}}
            });
            if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
            """,
        _ => JavaScriptPost(call.Url, call.WebhookToken is { } token ? $"\"{WebhookCall.TokenHeader}\": {JsonOf(token)}" : null, call.Body, call),
    };

    /// <param name="webhook">The call, when it is the webhook's: it may be made by another method.</param>
    static string JavaScriptPost(string url, string? header, string body, WebhookCall? webhook = null) => webhook is { HasBody: false }
        ? $$"""
        const response = await fetch({{JsonOf(url)}}, { method: "{{webhook.Method}}"{{(header is null ? "" : $", headers: {{ {header} }}")}} });
        if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
        """
        : $$"""
        const response = await fetch({{JsonOf(url)}}, {
          method: "{{webhook?.Method ?? WebhookDoor.DefaultMethod}}",
          headers: { "Content-Type": "application/json"{{(header is null ? "" : $", {header}")}} },
          body: JSON.stringify({{SnippetLiteral.Json(body, indent: 2)}}),
        });
        if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
        """;

    static string JsonOf(string text) => SnippetLiteral.JsonText(text);
}
