using System.Globalization;
using System.Text;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>Python 3.8 or later, with the library that its users expect: requests.</summary>
public static partial class Snippets
{
    static string Python(WebhookCall call, SnippetMode mode) => mode switch
    {
        SnippetMode.Wait => $"""
            {PythonImports(call, "requests")}

            {ApiComment("#", call)}{PythonPost(call.WaitUrl, PythonBearer(call), call.RunBody, timeout: WebhookCall.WaitSeconds + 30)}
            response.raise_for_status()
            run = response.json()
            print(run["status"], run["output"])
            """,
        SnippetMode.Stream => $"""
            import json
            import requests

            {PythonPost(call.Url, PythonToken(call), call.Body, timeout: 30)}
            response.raise_for_status()

            with requests.get(response.json()["events_url"], stream=True, timeout=300) as events:
                events.raise_for_status()
                for line in events.iter_lines():
                    if line.startswith(b"data: "):
                        event = json.loads(line[6:])
                        print(event["type"], event.get("data"))
            """,
        SnippetMode.Poll => $"""
            import time
            import requests

            {PythonPost(call.Url, PythonToken(call), call.Body, timeout: 30)}
            response.raise_for_status()
            status_url = response.json()["status_url"]

            while True:
                response = requests.get(status_url, timeout=30)
                response.raise_for_status()
                run = response.json()
                if run["status"] not in ("queued", "running", "waiting"):
                    break
                time.sleep(1)
            print(run["status"], run["output"])
            """,
        SnippetMode.Cron => $"""
            {PythonImports(call, "requests")}

            {ApiComment("#", call)}{PythonPost(call.SchedulesUrl, PythonBearer(call), ScheduleBody(call), timeout: 30)}
            response.raise_for_status()
            print(response.json()["id"])
            """,
        _ => $"""
            import requests

            {PythonPost(call.Url, PythonToken(call), call.Body, timeout: 30)}
            response.raise_for_status()
            print(response.json()["run_id"])
            """,
    };

    static string PythonImports(WebhookCall call, string modules) => call.ApiToken ? $"import os\nimport {modules}" : $"import {modules}";

    static string? PythonToken(WebhookCall call) =>
        call.WebhookToken is { } token ? $"{SnippetLiteral.PythonText(WebhookCall.TokenHeader)}: {SnippetLiteral.PythonText(token)}" : null;

    static string? PythonBearer(WebhookCall call) =>
        call.ApiToken ? $"\"Authorization\": \"Bearer \" + os.environ[\"{WebhookCall.ApiTokenVariable}\"]" : null;

    static string PythonPost(string url, string? header, string body, int timeout)
    {
        var text = new StringBuilder("response = requests.post(\n    ").Append(SnippetLiteral.PythonText(url)).Append(",\n");
        if (header is not null)
            text.Append("    headers={").Append(header).Append("},\n");
        text.Append("    json=").Append(SnippetLiteral.Python(body, indent: 4));
        return text.Append(CultureInfo.InvariantCulture, $",\n    timeout={timeout},\n)").ToString();
    }
}
