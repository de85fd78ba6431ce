namespace FlowStudio.Web.Api.Docs;

/// <summary>A LangGraph client that answers what a run on its thread stopped for.</summary>
public static partial class Snippets
{
    static string Resumed(WebhookCall call, SnippetLanguage language) => language switch
    {
        SnippetLanguage.Python => $$$"""
            {{{PythonImports(call, "requests")}}}

            {{{GraphSession(call)}}}


            def run(thread_id, **more):
                body = {"assistant_id": {{{SnippetLiteral.PythonText(call.Flow)}}}, **more}
                response = api.post(f"{{{call.Under("threads/{thread_id}/runs/wait")}}}", json=body, timeout={{{Patience}}})
                response.raise_for_status()
                return response.json()


            response = api.post({{{SnippetLiteral.PythonText(call.Under("threads"))}}}, json={}, timeout=30)
            response.raise_for_status()
            thread_id = response.json()["thread_id"]
            state = run(thread_id, input={{{SnippetLiteral.Python(call.GraphInput, indent: 0)}}})
            for asked in state.get("__interrupt__", [])[:1]:
                print("asked:", asked["value"]["text"])
                answer = {{{SnippetLiteral.Python(call.Reply, indent: 4)}}}
                state = run(thread_id, command={"resume": {asked["id"]: answer}})
            print(state)
            """,
        SnippetLanguage.JavaScript => $$"""
            {{GraphClient(call)}}const thread = await client.threads.create();
            let state = await client.runs.wait(thread.thread_id, {{JsonOf(call.Flow)}}, {
              input: {{SnippetLiteral.Json(call.GraphInput, indent: 2)}},
            });
            const [asked] = state.__interrupt__ ?? [];
            if (asked) {
              console.log("asked:", asked.value.text);
              const answer = {{SnippetLiteral.Json(call.Reply, indent: 2)}};
              state = await client.runs.wait(thread.thread_id, {{JsonOf(call.Flow)}}, { command: { resume: { [asked.id]: answer } } });
            }
            console.log(state);
            """,
        _ => $$"""
            {{GraphThread(call)}}
            {{GraphWait(call, GraphBody(call))}}
            {{GraphWait(call, $"{{\"assistant_id\": \"{call.Flow}\", \"command\": {{\"resume\": {call.Reply}}}}}")}}
            """,
    };

    static string GraphWait(WebhookCall call, string body) => Post(call.Under("threads/$thread_id/runs/wait"), ApiHeaders(call), Shell(body), silent: false);
}
