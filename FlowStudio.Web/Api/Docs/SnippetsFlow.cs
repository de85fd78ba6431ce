namespace FlowStudio.Web.Api.Docs;

/// <summary>Langflow's client: its run endpoint, with settings for one run.</summary>
public static partial class Snippets
{
    static string Flow(WebhookCall call, SnippetMode mode, SnippetLanguage language)
    {
        var stream = mode is SnippetMode.FlowStream;
        var url = stream ? call.FlowRunUrl + "?stream=true" : call.FlowRunUrl;
        return language switch
        {
            SnippetLanguage.Python => FlowPython(call, url, stream),
            SnippetLanguage.JavaScript => FlowJavaScript(call, url, stream),
            _ => ApiComment("#", call) + Post(url, ApiHeaders(call), Shell(call.FlowRunBody), silent: false).Replace("curl -X", stream ? "curl -N -X" : "curl -X", StringComparison.Ordinal),
        };
    }

    static string FlowPython(WebhookCall call, string url, bool stream)
    {
        var imports = string.Concat(new[] { stream ? "json" : null, call.AsksForKey ? "os" : null, "requests" }.OfType<string>().Select(m => $"import {m}\n"));
        var post = PythonPost(url, PythonKey(call), call.FlowRunBody, Patience);
        return imports + "\n" + ApiComment("#", call) + (stream
            ? $"""
                {post[..^1]}    stream=True,
                )
                response.raise_for_status()
                for line in response.iter_lines():
                    if line:
                        event = json.loads(line)
                        print(event["event"], event["data"])
                """
            : $"""
                {post}
                response.raise_for_status()
                for output in response.json()["outputs"][0]["outputs"]:
                    print({(call.OutputType == "chat" ? "output[\"results\"][\"message\"][\"text\"]" : "output[\"component_display_name\"], output[\"outputs\"]")})
                """);
    }

    static string FlowJavaScript(WebhookCall call, string url, bool stream) => ApiComment("//", call) + JavaScriptPost(url, JavaScriptKey(call), call.FlowRunBody) + "\n" + (stream
        ? """
            let rest = "";
            for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
              const lines = (rest + text).split("\n");
              rest = lines.pop();
              for (const line of lines) {
                if (!line) continue;
                const { event, data } = JSON.parse(line);
                console.log(event, data);
              }
            }
            """
        : $$"""
            const { outputs } = await response.json();
            for (const output of outputs[0].outputs) {
              console.log({{(call.OutputType == "chat" ? "output.results.message.text" : "output.component_display_name, output.outputs")}});
            }
            """);
}
