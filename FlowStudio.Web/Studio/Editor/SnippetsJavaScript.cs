namespace FlowStudio.Web.Studio.Editor;

/// <summary>JavaScript as a module: Node 18 or later, Deno, Bun; in a browser where the server's origin is the page's.</summary>
public static partial class Snippets
{
    static string JavaScript(WebhookCall call, SnippetMode mode) => mode switch
    {
        SnippetMode.Wait => $"""
            {ApiComment("//", call)}{JavaScriptPost(call.WaitUrl, JavaScriptBearer(call), call.RunBody)}
            const run = await response.json();
            console.log(run.status, run.output);
            """,
        SnippetMode.Stream => $$"""
            {{JavaScriptPost(call.Url, JavaScriptToken(call), call.Body)}}
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
            {{JavaScriptPost(call.Url, JavaScriptToken(call), call.Body)}}
            const { status_url } = await response.json();

            let run;
            do {
              await new Promise(resolve => setTimeout(resolve, 1000));
              run = await (await fetch(status_url)).json();
            } while (["queued", "running", "waiting"].includes(run.status));
            console.log(run.status, run.output);
            """,
        SnippetMode.Cron => $$"""
            {{ApiComment("//", call)}}{{JavaScriptPost(call.SchedulesUrl, JavaScriptBearer(call), ScheduleBody(call))}}
            const { id } = await response.json();
            console.log(id);
            """,
        _ => $$"""
            {{JavaScriptPost(call.Url, JavaScriptToken(call), call.Body)}}
            const { run_id } = await response.json();
            console.log(run_id);
            """,
    };

    static string? JavaScriptToken(WebhookCall call) => call.WebhookToken is { } token ? $"\"{WebhookCall.TokenHeader}\": {JsonOf(token)}" : null;

    static string? JavaScriptBearer(WebhookCall call) => call.ApiToken ? $"Authorization: `Bearer ${{process.env.{WebhookCall.ApiTokenVariable}}}`" : null;

    static string JavaScriptPost(string url, string? header, string body) => $$"""
        const response = await fetch({{JsonOf(url)}}, {
          method: "POST",
          headers: { "Content-Type": "application/json"{{(header is null ? "" : $", {header}")}} },
          body: JSON.stringify({{SnippetLiteral.Json(body, indent: 2)}}),
        });
        if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
        """;

    static string JsonOf(string text) => SnippetLiteral.JsonText(text);
}
