using System.Text;
using System.Text.Json;
using FlowStudio.Tests.Egress;
using Microsoft.AspNetCore.Http;

namespace FlowStudio.Tests.Llm;

/// <summary>A model's service on loopback, at the one path its protocol has: answers as a test wants, and keeps what it was asked.</summary>
sealed class FakeLlmService : IAsyncDisposable
{
    readonly LoopbackSite site;
    readonly List<(JsonElement Body, IHeaderDictionary Headers)> asked;

    FakeLlmService(LoopbackSite site, string basePath, List<(JsonElement, IHeaderDictionary)> asked) => (this.site, BaseUrl, this.asked) = (site, site.Url + basePath, asked);

    /// <summary>What is given as base URL to reach it.</summary>
    public string BaseUrl { get; }

    public string Host => new Uri(site.Url).Authority;

    public IReadOnlyList<(JsonElement Body, IHeaderDictionary Headers)> Asked
    {
        get
        {
            lock (asked)
                return [.. asked];
        }
    }

    /// <param name="basePath">The part of <paramref name="path"/> that users give with the base URL.</param>
    /// <param name="answer">Answers by what it is asked.</param>
    public static async Task<FakeLlmService> StartAsync(string path, string basePath, Func<HttpContext, JsonElement, Task> answer)
    {
        var kept = new List<(JsonElement, IHeaderDictionary)>();
        var listening = await LoopbackSite.StartAsync(async context =>
        {
            if (context.Request.Path != path)
            {
                context.Response.StatusCode = 404;
                return;
            }
            var body = await JsonSerializer.DeserializeAsync<JsonElement>(context.Request.Body);
            lock (kept)
                kept.Add((body, new HeaderDictionary(context.Request.Headers.ToDictionary(StringComparer.OrdinalIgnoreCase))));
            await answer(context, body);
        });
        return new FakeLlmService(listening, basePath, kept);
    }

    /// <summary>Answers with a status, a body and headers.</summary>
    public static RequestDelegate Answer(int status, string body, string type, params (string Name, string Value)[] headers) => async context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        foreach (var (name, value) in headers)
            context.Response.Headers[name] = value;
        await context.Response.WriteAsync(body);
    };

    /// <summary>Writes the beginning of a stream and then breaks the connection.</summary>
    public static RequestDelegate Cut(string events) => async context =>
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(events));
        await context.Response.Body.FlushAsync();
        context.Abort();
    };

    public ValueTask DisposeAsync() => site.DisposeAsync();
}
