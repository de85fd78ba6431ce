using FlowStudio.Engine.Flows;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Api.Docs;

/// <summary>C# as a program of top-level statements, with implicit usings: a file for <c>dotnet run</c> (.NET 10), or a console project's Program.cs.</summary>
public static partial class Snippets
{
    static string CSharp(WebhookCall call, SnippetMode mode) => mode switch
    {
        SnippetMode.Wait => $$"""
            {{CSharpUsings}}

            {{ApiComment("//", call)}}{{CSharpPost(call.WaitUrl, CSharpKey(call), call.RunBody)}}
            var run = {{CSharpAnswer}};
            Console.WriteLine($"{run["status"]} {run["output"]}");
            """,
        SnippetMode.Stream => $$"""
            {{CSharpCall(call, "System.Net.ServerSentEvents")}}
            var started = {{CSharpAnswer}};

            await using var events = await client.GetStreamAsync($"{started["events_url"]}");
            await foreach (var item in SseParser.Create(events).EnumerateAsync())
                Console.WriteLine($"{item.EventType} {item.Data}");
            """,
        SnippetMode.Poll => $$"""
            {{CSharpCall(call)}}
            var started = {{CSharpAnswer}};

            JsonNode run;
            do
            {
                await Task.Delay(TimeSpan.FromSeconds(1));
                run = JsonNode.Parse(await client.GetStringAsync($"{started["status_url"]}"))!;
            }
            while ($"{run["status"]}" is "queued" or "running" or "waiting");
            Console.WriteLine($"{run["status"]} {run["output"]}");
            """,
        SnippetMode.Agent => $$"""
            {{CSharpUsings}}

            {{CSharpPost(call.AgentUrl, header: null, call.Body)}}
            var started = {{CSharpAnswer}};

            JsonNode task;
            do
            {
                await Task.Delay(TimeSpan.FromSeconds(1));
                task = JsonNode.Parse(await client.GetStringAsync({{JsonOf(call.TaskUrl)}} + started["task_id"]))!;
            }
            while ($"{task["status"]}" is not ("SUCCESS" or "FAILURE"));
            Console.WriteLine($"{task["status"]} {task["result"]}");
            """,
        SnippetMode.Cron => $"""
            {CSharpUsings}

            {ApiComment("//", call)}{CSharpPost(call.SchedulesUrl, CSharpKey(call), ScheduleBody(call))}
            var schedule = {CSharpAnswer};
            Console.WriteLine(schedule["id"]);
            """,
        _ when call.Answer is not AnswerTime.AtOnce => $$"""
            {{CSharpCall(call)}}
            Console.WriteLine($"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
            """,
        _ => $"""
            {CSharpCall(call)}
            var started = {CSharpAnswer};
            Console.WriteLine(started["run_id"]);
            """,
    };

    const string CSharpUsings = "using System.Text;\nusing System.Text.Json.Nodes;";

    /// <summary>Nodes, and not types that are made from JSON: a file for <c>dotnet run</c> has no serialization by reflection.</summary>
    const string CSharpAnswer = "JsonNode.Parse(await response.Content.ReadAsStringAsync())!";

    static string? CSharpKey(WebhookCall call) => call.AsksForKey ? CSharpKeyHeader : null;

    const string CSharpKeyHeader =
        $"client.DefaultRequestHeaders.Add(\"{ApiKeyHeaders.HeaderName}\", Environment.GetEnvironmentVariable(\"{WebhookCall.ApiKeyVariable}\"));\n";

    /// <summary>The call of the webhook, as its access asks for it, after the namespaces that it and the rest use.</summary>
    static string CSharpCall(WebhookCall call, params ReadOnlySpan<string> namespaces)
    {
        string[] used = ["System.Text", "System.Text.Json.Nodes", .. namespaces,
            .. call.Access is WebhookAccess.Signed ? new[] { "System.Security.Cryptography" } : []];
        var usings = string.Concat(used.Order(StringComparer.Ordinal).Select(n => $"using {n};\n")) + "\n";
        return usings + call.Access switch
        {
            WebhookAccess.ApiKey => KeyComment("//") + CSharpPost(call.Url, CSharpKeyHeader, call.Body, call),
            WebhookAccess.Signed => CSharpSigned(call),
            _ => CSharpPost(call.Url, call.WebhookToken is { } token ? $"client.DefaultRequestHeaders.Add(\"{WebhookCall.TokenHeader}\", {JsonOf(token)});\n" : null, call.Body, call),
        };
    }

    static string CSharpSigned(WebhookCall call) => $$""""
        var secret = {{JsonOf(call.SigningSecret)}};
        {{(call.HasBody ? $"var json = \"\"\"\n    {SnippetLiteral.Json(call.Body, indent: 4)}\n    \"\"\";" : "var json = \"\";")}}
        var id = $"msg_{Guid.NewGuid()}";
        var timestamp = $"{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}";
        var key = Convert.FromBase64String(secret["whsec_".Length..]);
        var signature = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{id}.{timestamp}.{json}"));

        using var client = new HttpClient();
        client.DefaultRequestHeaders.Add("{{CallSignature.IdHeader}}", id);
        client.DefaultRequestHeaders.Add("{{CallSignature.TimeHeader}}", timestamp);
        client.DefaultRequestHeaders.Add("{{CallSignature.SignatureHeader}}", $"v1,{Convert.ToBase64String(signature)}");
        using var response = await client.{{CSharpSend(call.Url, call)}};
        response.EnsureSuccessStatusCode();
        """";

    /// <summary>JSON never has three quotes in a row, so that a raw string literal takes it as it is.</summary>
    /// <param name="webhook">The call, when it is the webhook's: it may be made by another method.</param>
    static string CSharpPost(string url, string? header, string body, WebhookCall? webhook = null) => webhook is { HasBody: false }
        ? $"""
        using var client = new HttpClient();
        {header}using var response = await client.{CSharpSend(url, webhook)};
        response.EnsureSuccessStatusCode();
        """
        : $$""""
        using var client = new HttpClient();
        {{header}}var json = """
            {{SnippetLiteral.Json(body, indent: 4)}}
            """;
        using var response = await client.{{CSharpSend(url, webhook)}};
        response.EnsureSuccessStatusCode();
        """";

    static string CSharpSend(string url, WebhookCall? webhook) => (webhook?.Method ?? WebhookDoor.DefaultMethod) switch
    {
        "GET" => $"GetAsync({JsonOf(url)})",
        "DELETE" => $"DeleteAsync({JsonOf(url)})",
        "HEAD" => $"SendAsync(new HttpRequestMessage(HttpMethod.Head, {JsonOf(url)}))",
        "OPTIONS" => $"SendAsync(new HttpRequestMessage(HttpMethod.Options, {JsonOf(url)}))",
        "PUT" => $"PutAsync({JsonOf(url)}, new StringContent(json, Encoding.UTF8, \"application/json\"))",
        "PATCH" => $"PatchAsync({JsonOf(url)}, new StringContent(json, Encoding.UTF8, \"application/json\"))",
        _ => $"PostAsync({JsonOf(url)}, new StringContent(json, Encoding.UTF8, \"application/json\"))",
    };
}
