using System.Globalization;
using System.Text;
using FlowStudio.Engine.Flows;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Api.Docs;

/// <summary>Python 3.8 or later, with the library that its users expect: requests.</summary>
public static partial class Snippets
{
    static string Python(WebhookCall call, SnippetMode mode) => mode switch
    {
        SnippetMode.Wait => $"""
            {PythonImports(call, "requests")}

            {ApiComment("#", call)}{PythonPost(call.WaitUrl, PythonKey(call), call.RunBody, timeout: WebhookCall.WaitSeconds + 30)}
            response.raise_for_status()
            run = response.json()
            print(run["status"], run["output"])
            """,
        SnippetMode.Stream => $"""
            {PythonCall(call, "json")}
            response.raise_for_status()

            with requests.get(response.json()["events_url"], stream=True, timeout=300) as events:
                events.raise_for_status()
                for line in events.iter_lines():
                    if line.startswith(b"data: "):
                        event = json.loads(line[6:])
                        print(event["type"], event.get("data"))
            """,
        SnippetMode.Poll => $"""
            {PythonCall(call, "time")}
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
        SnippetMode.Agent => $"""
            import time
            import requests

            {PythonPost(call.AgentUrl, header: null, call.Body, timeout: 30)}
            response.raise_for_status()
            task_id = response.json()["task_id"]

            while True:
                response = requests.get({SnippetLiteral.PythonText(call.TaskUrl)} + task_id, timeout=30)
                response.raise_for_status()
                task = response.json()
                if task["status"] in ("SUCCESS", "FAILURE"):
                    break
                time.sleep(1)
            print(task["status"], task["result"])
            """,
        SnippetMode.Cron => $"""
            {PythonImports(call, "requests")}

            {ApiComment("#", call)}{PythonPost(call.SchedulesUrl, PythonKey(call), ScheduleBody(call), timeout: 30)}
            response.raise_for_status()
            print(response.json()["id"])
            """,
        _ => $"""
            {PythonCall(call)}
            response.raise_for_status()
            {(call.Answer is AnswerTime.AtOnce ? "print(response.json()[\"run_id\"])" : "print(response.status_code, response.text)")}
            """,
    };

    static string PythonImports(WebhookCall call, string modules) => call.AsksForKey ? $"import os\nimport {modules}" : $"import {modules}";

    static string? PythonKey(WebhookCall call) => call.AsksForKey ? PythonKeyHeader : null;

    const string PythonKeyHeader = $"\"{ApiKeyHeaders.HeaderName}\": os.environ[\"{WebhookCall.ApiKeyVariable}\"]";

    /// <summary>The call of the webhook, as its access asks for it, with what is to be imported for it and for the rest.</summary>
    static string PythonCall(WebhookCall call, params ReadOnlySpan<string> modules)
    {
        string[] needed = call.Access switch
        {
            WebhookAccess.ApiKey => ["os", .. modules],
            WebhookAccess.Signed => ["base64", "hashlib", "hmac", "json", "time", "uuid", .. modules],
            _ => [.. modules],
        };
        var imports = string.Concat(needed.Distinct(StringComparer.Ordinal).Select(m => $"import {m}\n")) + "import requests\n\n";
        return imports + call.Access switch
        {
            WebhookAccess.ApiKey => KeyComment("#") + PythonPost(call.Url, PythonKeyHeader, call.Body, PythonTimeout(call), call),
            WebhookAccess.Signed => PythonSigned(call),
            _ => PythonPost(call.Url, call.WebhookToken is { } token ? $"{SnippetLiteral.PythonText(WebhookCall.TokenHeader)}: {SnippetLiteral.PythonText(token)}" : null,
                call.Body, PythonTimeout(call), call),
        };
    }

    static int PythonTimeout(WebhookCall call) => call.Answer is AnswerTime.AtOnce ? 30 : WebhookDoor.MostLimit + 30;

    static string PythonSigned(WebhookCall call) => $$"""
        secret = {{SnippetLiteral.PythonText(call.SigningSecret)}}
        body = {{(call.HasBody ? $"json.dumps({SnippetLiteral.Python(call.Body, indent: 0)})" : "\"\"")}}
        message_id, timestamp = f"msg_{uuid.uuid4()}", str(int(time.time()))
        signature = hmac.new(
            base64.b64decode(secret[len("whsec_"):]),
            f"{message_id}.{timestamp}.{body}".encode(),
            hashlib.sha256,
        ).digest()

        response = requests.{{PythonMethod(call)}}(
            {{SnippetLiteral.PythonText(call.Url)}},
            headers={
                "Content-Type": "application/json",
                "{{CallSignature.IdHeader}}": message_id,
                "{{CallSignature.TimeHeader}}": timestamp,
                "{{CallSignature.SignatureHeader}}": "v1," + base64.b64encode(signature).decode(),
            },
            data=body.encode(),
            timeout={{PythonTimeout(call)}},
        )
        """;

    static string PythonMethod(WebhookCall? webhook) => (webhook?.Method ?? WebhookDoor.DefaultMethod).ToLowerInvariant();

    /// <param name="webhook">The call, when it is the webhook's: it may be made by another method.</param>
    static string PythonPost(string url, string? header, string body, int timeout, WebhookCall? webhook = null)
    {
        var text = new StringBuilder($"response = requests.{PythonMethod(webhook)}(\n    ").Append(SnippetLiteral.PythonText(url)).Append(",\n");
        if (header is not null)
            text.Append("    headers={").Append(header).Append("},\n");
        if (webhook is not { HasBody: false })
            text.Append("    json=").Append(SnippetLiteral.Python(body, indent: 4)).Append(",\n");
        return text.Append(CultureInfo.InvariantCulture, $"    timeout={timeout},\n)").ToString();
    }
}
