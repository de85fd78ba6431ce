using System.Text;
using System.Text.Json;
using FlowStudio.Tests.Egress;
using Microsoft.AspNetCore.Http;

namespace FlowStudio.Tests.Llm;

/// <summary>An OpenAI-compatible service on loopback that answers as a test wants, and keeps what it was asked.</summary>
sealed class FakeOpenAi : IAsyncDisposable
{
    readonly LoopbackSite site;
    readonly List<(JsonElement Body, IHeaderDictionary Headers)> asked;

    FakeOpenAi(LoopbackSite site, List<(JsonElement, IHeaderDictionary)> asked) => (this.site, this.asked) = (site, asked);

    public string BaseUrl => site.Url + "/v1";

    public string Host => new Uri(site.Url).Authority;

    public IReadOnlyList<(JsonElement Body, IHeaderDictionary Headers)> Asked
    {
        get
        {
            lock (asked)
                return [.. asked];
        }
    }

    public static Task<FakeOpenAi> StartAsync(RequestDelegate answer) => StartWithBodyAsync((context, _) => answer(context));

    /// <summary>Answers by what it is asked.</summary>
    public static async Task<FakeOpenAi> StartWithBodyAsync(Func<HttpContext, JsonElement, Task> answer)
    {
        var kept = new List<(JsonElement, IHeaderDictionary)>();
        var listening = await LoopbackSite.StartAsync(async context =>
        {
            if (context.Request.Path != "/v1/chat/completions")
            {
                context.Response.StatusCode = 404;
                return;
            }
            var body = await JsonSerializer.DeserializeAsync<JsonElement>(context.Request.Body);
            lock (kept)
                kept.Add((body, new HeaderDictionary(context.Request.Headers.ToDictionary(StringComparer.OrdinalIgnoreCase))));
            await answer(context, body);
        });
        return new FakeOpenAi(listening, kept);
    }

    /// <summary>Answers everything with a status, a body and headers.</summary>
    public static Task<FakeOpenAi> AnsweringAsync(int status, string body, string type = "application/json", params (string Name, string Value)[] headers) => StartAsync(async context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        foreach (var (name, value) in headers)
            context.Response.Headers[name] = value;
        await context.Response.WriteAsync(body);
    });

    /// <summary>Streams events; each is the JSON after <c>data:</c>.</summary>
    public static Task<FakeOpenAi> StreamingAsync(params string[] events) => AnsweringAsync(200, Events(events), "text/event-stream");

    public static string Events(params string[] events) => string.Concat(events.Select(e => $"data: {e}\n\n"));

    public static string Chunk(string? content, string? finish = null) =>
        JsonSerializer.Serialize(new { id = "c", @object = "chat.completion.chunk", choices = new[] { new { index = 0, delta = content is null ? (object)new { } : new { content }, finish_reason = finish } } });

    public static string Whole(string content, string finish = "stop") =>
        JsonSerializer.Serialize(new
        {
            id = "c",
            @object = "chat.completion",
            choices = new[] { new { index = 0, message = new { role = "assistant", content }, finish_reason = finish } },
            usage = new { prompt_tokens = 12, completion_tokens = 5, total_tokens = 17 },
        });

    /// <summary>Writes the beginning of a stream and then breaks the connection.</summary>
    public static Task<FakeOpenAi> CutAsync(params string[] events) => StartAsync(async context =>
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(Events(events)));
        await context.Response.Body.FlushAsync();
        context.Abort();
    });

    public ValueTask DisposeAsync() => site.DisposeAsync();
}
