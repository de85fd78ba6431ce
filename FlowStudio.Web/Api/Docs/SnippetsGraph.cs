namespace FlowStudio.Web.Api.Docs;

/// <summary>LangGraph's client: its own SDK in JavaScript, plain HTTP elsewhere.</summary>
public static partial class Snippets
{
    /// <summary>Seconds without a word until a client gives a run up.</summary>
    const int Patience = 300;

    static string Graph(WebhookCall call, SnippetMode mode, SnippetLanguage language) => language switch
    {
        SnippetLanguage.Python => GraphPython(call, mode),
        SnippetLanguage.JavaScript => GraphJavaScript(call, mode),
        _ => GraphCurl(call, mode),
    };

    static string GraphBody(WebhookCall call, string more = "") => $"{{\"assistant_id\": \"{call.Flow}\", \"input\": {call.GraphInput}{more}}}";

    static string GraphBody(WebhookCall call, SnippetMode mode) => mode switch
    {
        SnippetMode.GraphStream => GraphBody(call, """, "stream_mode": ["updates"]"""),
        SnippetMode.GraphNotify => GraphBody(call, $", \"webhook\": {SnippetLiteral.JsonText(call.Receiver)}"),
        SnippetMode.GraphCron => GraphBody(call, $", \"schedule\": \"0 9 * * 1-5\", \"timezone\": \"{call.Zone}\""),
        _ => GraphBody(call),
    };

    static string GraphJavaScript(WebhookCall call, SnippetMode mode)
    {
        var input = $"input: {SnippetLiteral.Json(call.GraphInput, indent: 2)},";
        return GraphClient(call) + mode switch
        {
            SnippetMode.GraphStream => $$"""
                const thread = await client.threads.create();
                const stream = client.runs.stream(thread.thread_id, {{JsonOf(call.Flow)}}, {
                  {{input}}
                  streamMode: "updates",
                });
                for await (const { event, data } of stream) console.log(event, data);
                """,
            SnippetMode.GraphNotify => $$"""
                const thread = await client.threads.create();
                const run = await client.runs.create(thread.thread_id, {{JsonOf(call.Flow)}}, {
                  {{input}}
                  webhook: {{JsonOf(call.Receiver)}},
                });
                console.log(run.run_id, run.status);
                """,
            SnippetMode.GraphCron => $$"""
                const cron = await client.crons.create({{JsonOf(call.Flow)}}, {
                  schedule: "0 9 * * 1-5", // in UTC: the SDK for JavaScript sends no time zone
                  {{input}}
                });
                console.log(cron.cron_id, cron.next_run_date);
                """,
            _ => $$"""
                const thread = await client.threads.create();
                const state = await client.runs.wait(thread.thread_id, {{JsonOf(call.Flow)}}, {
                  {{input}}
                });
                console.log({{(call.TakesChat ? "state.messages.at(-1).content" : "state")}});
                """,
        };
    }

    static string GraphClient(WebhookCall call) => $$"""
        // npm install @langchain/langgraph-sdk
        import { Client } from "@langchain/langgraph-sdk";

        {{ApiComment("//", call)}}const client = new Client({ apiUrl: {{JsonOf(call.ApiUrl)}}{{(call.AsksForKey ? $", apiKey: process.env.{WebhookCall.ApiKeyVariable}" : "")}} });


        """;

    static string GraphPython(WebhookCall call, SnippetMode mode)
    {
        var stream = mode is SnippetMode.GraphStream;
        var cron = mode is SnippetMode.GraphCron;
        var imports = string.Concat(new[] { stream ? "json" : null, call.AsksForKey ? "os" : null, "requests" }.OfType<string>().Select(m => $"import {m}\n"));
        var path = mode switch { SnippetMode.GraphStream => "runs/stream", SnippetMode.GraphNotify => "runs", _ => "runs/wait" };
        var url = cron ? SnippetLiteral.PythonText(call.Under("runs/crons")) : $"f\"{call.Under("threads/{thread_id}/")}{path}\"";
        var thread = cron ? "" : $"""
            response = api.post({SnippetLiteral.PythonText(call.Under("threads"))}, json={"{}"}, timeout=30)
            response.raise_for_status()
            thread_id = response.json()["thread_id"]


            """;
        var post = $"""
            response = api.post(
                {url},
                json={SnippetLiteral.Python(GraphBody(call, mode), indent: 4)},{(stream ? "\n    stream=True," : "")}
                timeout={(mode is SnippetMode.GraphRun or SnippetMode.GraphStream ? Patience : 30)},
            )
            response.raise_for_status()

            """;
        return $"""
            {imports}
            {GraphSession(call)}


            """ + thread + post + mode switch
        {
            SnippetMode.GraphStream => """
                for line in response.iter_lines():
                    if line.startswith(b"event: "):
                        event = line[7:].decode()
                    elif line.startswith(b"data: "):
                        print(event, json.loads(line[6:]))
                """,
            SnippetMode.GraphNotify => """
                run = response.json()
                print(run["run_id"], run["status"])
                """,
            SnippetMode.GraphCron => """
                cron = response.json()
                print(cron["cron_id"], cron["next_run_date"])
                """,
            _ => $"""print(response.json(){(call.TakesChat ? "[\"messages\"][-1][\"content\"]" : "")})""",
        };
    }

    static string GraphCurl(WebhookCall call, SnippetMode mode)
    {
        if (mode is SnippetMode.GraphCron)
            return ApiComment("#", call) + Post(call.Under("runs/crons"), ApiHeaders(call), Shell(GraphBody(call, mode)), silent: false);
        var path = mode switch { SnippetMode.GraphStream => "runs/stream", SnippetMode.GraphNotify => "runs", _ => "runs/wait" };
        var post = Post(call.Under($"threads/$thread_id/{path}"), ApiHeaders(call), Shell(GraphBody(call, mode)), silent: false);
        return $$"""
            {{GraphThread(call)}}
            {{(mode is SnippetMode.GraphStream ? post.Replace("curl -X", "curl -N -X", StringComparison.Ordinal) : post)}}
            """;
    }

    /// <summary>In Python: what all calls are made with.</summary>
    static string GraphSession(WebhookCall call) =>
        $"{ApiComment("#", call)}api = requests.Session(){(call.AsksForKey ? $"\napi.headers[\"{Security.ApiKeyHeaders.HeaderName}\"] = os.environ[\"{WebhookCall.ApiKeyVariable}\"]" : "")}";

    /// <summary>In a shell: makes a thread and keeps its id.</summary>
    static string GraphThread(WebhookCall call) => $$"""
        {{ApiComment("#", call)}}answer=$({{Post(call.Under("threads"), ApiHeaders(call), Shell("{}"), silent: true)}})
        thread_id=$({{Member("thread_id")}})
        """;
}
