namespace FlowStudio.Web.Studio.Editor;

/// <summary>C# as a program of top-level statements, with implicit usings: a file for <c>dotnet run</c> (.NET 10), or a console project's Program.cs.</summary>
public static partial class Snippets
{
    static string CSharp(WebhookCall call, SnippetMode mode) => mode switch
    {
        SnippetMode.Wait => $$"""
            {{CSharpUsings}}

            {{ApiComment("//", call)}}{{CSharpPost(call.WaitUrl, CSharpBearer(call), call.RunBody)}}
            var run = await response.Content.ReadFromJsonAsync<JsonElement>();
            Console.WriteLine($"{run.GetProperty("status")} {run.GetProperty("output")}");
            """,
        SnippetMode.Stream => $$"""
            using System.Net.Http.Json;
            using System.Net.ServerSentEvents;
            using System.Text;
            using System.Text.Json;

            {{CSharpPost(call.Url, CSharpToken(call), call.Body)}}
            var started = await response.Content.ReadFromJsonAsync<JsonElement>();

            await using var events = await client.GetStreamAsync(started.GetProperty("events_url").GetString());
            await foreach (var item in SseParser.Create(events).EnumerateAsync())
                Console.WriteLine($"{item.EventType} {item.Data}");
            """,
        SnippetMode.Poll => $$"""
            {{CSharpUsings}}

            {{CSharpPost(call.Url, CSharpToken(call), call.Body)}}
            var started = await response.Content.ReadFromJsonAsync<JsonElement>();
            var statusUrl = started.GetProperty("status_url").GetString();

            JsonElement run;
            do
            {
                await Task.Delay(TimeSpan.FromSeconds(1));
                run = await client.GetFromJsonAsync<JsonElement>(statusUrl);
            }
            while (run.GetProperty("status").GetString() is "queued" or "running" or "waiting");
            Console.WriteLine($"{run.GetProperty("status")} {run.GetProperty("output")}");
            """,
        SnippetMode.Cron => $"""
            {CSharpUsings}

            {ApiComment("//", call)}{CSharpPost(call.SchedulesUrl, CSharpBearer(call), ScheduleBody(call))}
            var schedule = await response.Content.ReadFromJsonAsync<JsonElement>();
            Console.WriteLine(schedule.GetProperty("id"));
            """,
        _ => $"""
            {CSharpUsings}

            {CSharpPost(call.Url, CSharpToken(call), call.Body)}
            var started = await response.Content.ReadFromJsonAsync<JsonElement>();
            Console.WriteLine(started.GetProperty("run_id"));
            """,
    };

    const string CSharpUsings = "using System.Net.Http.Json;\nusing System.Text;\nusing System.Text.Json;";

    static string? CSharpToken(WebhookCall call) =>
        call.WebhookToken is { } token ? $"client.DefaultRequestHeaders.Add(\"{WebhookCall.TokenHeader}\", {JsonOf(token)});\n" : null;

    static string? CSharpBearer(WebhookCall call) => !call.ApiToken ? null
        : $"client.DefaultRequestHeaders.Add(\"Authorization\", $\"Bearer {{Environment.GetEnvironmentVariable(\"{WebhookCall.ApiTokenVariable}\")}}\");\n";

    /// <summary>JSON never has three quotes in a row, so that a raw string literal takes it as it is.</summary>
    static string CSharpPost(string url, string? header, string body) => $$""""
        using var client = new HttpClient();
        {{header}}var json = """
            {{SnippetLiteral.Json(body, indent: 4)}}
            """;
        using var response = await client.PostAsync({{JsonOf(url)}}, new StringContent(json, Encoding.UTF8, "application/json"));
        response.EnsureSuccessStatusCode();
        """";
}
