using System.Text;
using System.Text.Json;
using FlowStudio.Tests.Egress;
using Microsoft.AspNetCore.Http;

namespace FlowStudio.Tests.Llm;

/// <summary>Anthropic's Messages API on loopback: answers as a test wants, and keeps what it was asked.</summary>
sealed class FakeAnthropic : IAsyncDisposable
{
    readonly LoopbackSite site;
    readonly List<(JsonElement Body, IHeaderDictionary Headers)> asked;

    FakeAnthropic(LoopbackSite site, List<(JsonElement, IHeaderDictionary)> asked) => (this.site, this.asked) = (site, asked);

    public string BaseUrl => site.Url;

    public string Host => new Uri(site.Url).Authority;

    public IReadOnlyList<(JsonElement Body, IHeaderDictionary Headers)> Asked
    {
        get
        {
            lock (asked)
                return [.. asked];
        }
    }

    public static async Task<FakeAnthropic> StartAsync(RequestDelegate answer)
    {
        var kept = new List<(JsonElement, IHeaderDictionary)>();
        var listening = await LoopbackSite.StartAsync(async context =>
        {
            if (context.Request.Path != "/v1/messages")
            {
                context.Response.StatusCode = 404;
                return;
            }
            var body = await JsonSerializer.DeserializeAsync<JsonElement>(context.Request.Body);
            lock (kept)
                kept.Add((body, new HeaderDictionary(context.Request.Headers.ToDictionary(StringComparer.OrdinalIgnoreCase))));
            await answer(context);
        });
        return new FakeAnthropic(listening, kept);
    }

    /// <summary>Answers everything with a status, a body and headers.</summary>
    public static Task<FakeAnthropic> AnsweringAsync(int status, string body, string type = "application/json", params (string Name, string Value)[] headers) => StartAsync(async context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        foreach (var (name, value) in headers)
            context.Response.Headers[name] = value;
        await context.Response.WriteAsync(body);
    });

    /// <summary>Streams events, each the JSON of its data.</summary>
    public static Task<FakeAnthropic> StreamingAsync(params string[] events) => AnsweringAsync(200, Events(events), "text/event-stream");

    public static string Events(params string[] events) =>
        string.Concat(events.Select(e => $"event: {JsonDocument.Parse(e).RootElement.GetProperty("type").GetString()}\ndata: {e}\n\n"));

    /// <summary>A stream's events from its start to its end, around the given ones.</summary>
    public static string[] Stream(string stopReason, params string[] events) =>
    [
        """{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[],"usage":{"input_tokens":3,"cache_read_input_tokens":4,"output_tokens":1}}}""",
        """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""", """{"type":"ping"}""", .. events,
        """{"type":"content_block_stop","index":0}""",
        $$$"""{"type":"message_delta","delta":{"stop_reason":"{{{stopReason}}}"},"usage":{"output_tokens":5}}""", """{"type":"message_stop"}""",
    ];

    public static string Text(string text) => JsonSerializer.Serialize(new { type = "content_block_delta", index = 0, delta = new { type = "text_delta", text } });

    public static string Whole(string text, string stopReason = "end_turn") => JsonSerializer.Serialize(new
    {
        id = "m",
        type = "message",
        role = "assistant",
        content = new[] { new { type = "text", text } },
        stop_reason = stopReason,
        usage = new { input_tokens = 12, output_tokens = 5 },
    });

    /// <summary>Writes the beginning of a stream and then breaks the connection.</summary>
    public static Task<FakeAnthropic> CutAsync(params string[] events) => StartAsync(async context =>
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(Events(events)));
        await context.Response.Body.FlushAsync();
        context.Abort();
    });

    public ValueTask DisposeAsync() => site.DisposeAsync();
}
