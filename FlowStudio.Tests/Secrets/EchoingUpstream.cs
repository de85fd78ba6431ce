using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Tests.Secrets;

/// <summary>A server that gives back every secret it was sent, in every way: what the worst of services do, and debugging endpoints of the best.</summary>
sealed class EchoingUpstream : IAsyncDisposable
{
    readonly WebApplication app;
    readonly IReadOnlyList<Canary> canaries;

    EchoingUpstream(IReadOnlyList<Canary> canaries)
    {
        this.canaries = canaries;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.MapPost("/v1/chat/completions", CompleteAsync);
        app.MapPost("/tavily/{how}/search", SearchAsync);
        app.MapPost("/v1/messages", AnthropicAsync);
        app.Map("/echo/{how}", (HttpContext context, string how) => EchoAsync(context, how));
    }

    public string Url => app.Urls.First();

    /// <summary>Which canaries came in, so that a sweep that finds nothing has something to find.</summary>
    public HashSet<string> Seen { get; } = new(StringComparer.Ordinal);

    public static async Task<EchoingUpstream> StartAsync(params IReadOnlyList<Canary> canaries)
    {
        var upstream = new EchoingUpstream(canaries);
        await upstream.app.StartAsync();
        return upstream;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    /// <summary>All that was sent, and every encoding of the secrets in it.</summary>
    async Task<string> TakeAsync(HttpRequest request)
    {
        using var reader = new StreamReader(request.Body);
        var headers = string.Join(" | ", request.Headers.Select(h => $"{h.Key}: {h.Value}"));
        var sent = $"{request.Method} {request.Path}{Uri.UnescapeDataString(request.QueryString.Value ?? "")} {headers} {await reader.ReadToEndAsync()}";
        var echo = sent;
        foreach (var canary in canaries.Where(c => sent.Contains(c.Value, StringComparison.Ordinal)))
        {
            lock (Seen)
                Seen.Add(canary.Name);
            echo += " " + string.Join(" ; ", canary.Echoes);
        }
        return echo;
    }

    async Task EchoAsync(HttpContext context, string how)
    {
        var echo = await TakeAsync(context.Request);
        var response = context.Response;
        foreach (var canary in canaries.Where(c => echo.Contains(c.Value, StringComparison.Ordinal)))
        {
            response.Headers.Append("X-Echo", canary.Value);
            response.Headers.Append("X-" + Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(canary.Name)), canary.Echoes[6]);
        }
        switch (how)
        {
            case "json":
                await response.WriteAsJsonAsync(Tree(echo));
                break;
            case "text":
                response.ContentType = "text/plain";
                await response.WriteAsync(echo);
                break;
            case "bytes":
                response.ContentType = "application/octet-stream";
                await response.Body.WriteAsync((byte[])[0xFF, 0xFE, .. System.Text.Encoding.UTF8.GetBytes(echo), 0xFF]);
                break;
            case "redirect":
                response.Redirect("/echo/json?back=" + Uri.EscapeDataString(echo));
                break;
            case "cut":
                response.ContentLength = 1_000_000;
                await response.WriteAsync(echo);
                await response.Body.FlushAsync();
                context.Abort();
                break;
            default:
                response.StatusCode = int.Parse(how);
                await response.WriteAsJsonAsync(Tree(echo));
                break;
        }
    }

    static Dictionary<string, object> Tree(string echo) => new()
    {
        ["whole"] = echo,
        [echo] = "a key",
        ["nested"] = new object[] { 1, new Dictionary<string, object> { ["json"] = JsonSerializer.Serialize(new { echo }) } },
        // Cut where an excerpt may be cut.
        ["message"] = new string('x', 190 - echo.Length % 10) + echo,
    };

    async Task CompleteAsync(HttpContext context)
    {
        var echo = await TakeAsync(context.Request);
        var response = context.Response;
        var how = echo.Split("\"model\":\"")[1].Split('"')[0];
        switch (how)
        {
            case "whole":
                await response.WriteAsJsonAsync(Choice(new { message = new { role = "assistant", content = echo }, finish_reason = "stop" }));
                break;
            case "stream" or "stream-error" or "stream-cut":
                await StreamAsync(response, echo, how);
                break;
            case "garbage":
                response.ContentType = "application/json";
                await response.WriteAsync(echo);
                break;
            case "tool":
                // Calls the tool with all it was sent, and again: the agent has two turns.
                var call = new { id = "c", type = "function", function = new { name = "ApiRequest", arguments = JsonSerializer.Serialize(new { body = new { echo } }) } };
                await response.WriteAsJsonAsync(Choice(new { message = new { role = "assistant", content = echo, tool_calls = new[] { call } }, finish_reason = "tool_calls" }));
                break;
            case "refusal":
                await response.WriteAsJsonAsync(Choice(new { message = new { role = "assistant", refusal = echo }, finish_reason = "stop" }));
                break;
            case "text-500":
                response.StatusCode = 500;
                await response.WriteAsync(echo);
                break;
            default:
                response.StatusCode = int.Parse(how);
                response.Headers.Append("X-Request", canaries[0].Value);
                await response.WriteAsJsonAsync(new { error = new { message = $"Incorrect API key provided: {echo}", code = "invalid_api_key" } });
                break;
        }
    }

    async Task SearchAsync(HttpContext context, string how)
    {
        var echo = await TakeAsync(context.Request);
        if (how == "whole")
        {
            await context.Response.WriteAsJsonAsync(new { query = echo, answer = echo, results = new[] { new { title = echo, url = echo, content = echo } } });
            return;
        }
        context.Response.StatusCode = int.Parse(how);
        await context.Response.WriteAsJsonAsync(new { detail = new { error = echo } });
    }

    async Task AnthropicAsync(HttpContext context)
    {
        var echo = await TakeAsync(context.Request);
        var response = context.Response;
        var how = echo.Split("\"model\":\"")[1].Split('"')[0];
        switch (how)
        {
            case "whole":
                await response.WriteAsJsonAsync(new { type = "message", content = new[] { new { type = "text", text = echo } }, stop_reason = "end_turn" });
                break;
            case "stream" or "stream-error" or "stream-cut":
                await AnthropicStreamAsync(response, echo, how);
                break;
            case "garbage":
                response.ContentType = "application/json";
                await response.WriteAsync(echo);
                break;
            case "refusal":
                await response.WriteAsJsonAsync(new { type = "message", content = new[] { new { type = "text", text = echo } }, stop_reason = "refusal" });
                break;
            case "text-500":
                response.StatusCode = 500;
                await response.WriteAsync(echo);
                break;
            default:
                response.StatusCode = int.Parse(how);
                response.Headers.Append("X-Request", canaries[0].Value);
                await response.WriteAsJsonAsync(new { type = "error", error = new { type = "authentication_error", message = $"Invalid key: {echo}" } });
                break;
        }
    }

    static async Task AnthropicStreamAsync(HttpResponse response, string echo, string how)
    {
        response.ContentType = "text/event-stream";
        for (int at = 0, i = 0; at < echo.Length; i++)
        {
            var text = echo.Substring(at, Math.Min(1 + i % 5, echo.Length - at));
            await response.WriteAsync($"data: {JsonSerializer.Serialize(new { type = "content_block_delta", index = 0, delta = new { type = "text_delta", text } })}\n\n");
            at += text.Length;
        }
        if (how == "stream-cut")
            return;
        await response.WriteAsync(how == "stream-error"
            ? $"data: {JsonSerializer.Serialize(new { type = "error", error = new { type = "api_error", message = echo } })}\n\n"
            : "data: {\"type\":\"message_stop\"}\n\n");
    }

    static object Choice(object choice) => new { choices = new[] { choice }, usage = new { prompt_tokens = 1, completion_tokens = 2 } };

    static async Task StreamAsync(HttpResponse response, string echo, string how)
    {
        response.ContentType = "text/event-stream";
        // Pieces of one to five characters: every secret is cut somewhere, at another place each time it comes.
        for (int at = 0, i = 0; at < echo.Length; i++)
        {
            var length = Math.Min(1 + i % 5, echo.Length - at);
            await response.WriteAsync($"data: {JsonSerializer.Serialize(Choice(new { delta = new { content = echo.Substring(at, length) } }))}\n\n");
            if (i % 7 == 0)
                await response.Body.FlushAsync();
            at += length;
        }
        if (how == "stream-cut")
            return;
        await response.WriteAsync(how == "stream-error"
            ? $"data: {JsonSerializer.Serialize(new { error = new { message = echo } })}\n\n"
            : "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
    }
}
