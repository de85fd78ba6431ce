using System.Collections.Concurrent;
using FlowStudio.Tests.Egress;
using Microsoft.AspNetCore.Http;

namespace FlowStudio.Tests.Callbacks;

/// <summary>What a receiver got.</summary>
sealed record Received(string Url, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Id => Headers["webhook-id"];
}

/// <summary>Somebody who is told of runs: keeps every call and answers as the test says.</summary>
sealed class Receiver : IAsyncDisposable
{
    readonly LoopbackSite site;

    Receiver(LoopbackSite site) => this.site = site;

    public ConcurrentQueue<Received> Calls { get; private init; } = new();

    /// <summary>Writes the answer to a call; a plain 200 unless set.</summary>
    public RequestDelegate Answer { get; set; } = static context => context.Response.WriteAsync("thanks");

    public string Url(string path = "/hook") => site.Url + path;

    public static async Task<Receiver> StartAsync(RequestDelegate? answer = null)
    {
        Receiver? receiver = null;
        var opened = await LoopbackSite.StartAsync(context => receiver is null ? Task.CompletedTask : receiver.TakeAsync(context));
        receiver = new Receiver(opened);
        if (answer is not null)
            receiver.Answer = answer;
        return receiver;
    }

    /// <summary>Answers with a status and nothing else.</summary>
    public static RequestDelegate With(int status, string? retryAfter = null) => context =>
    {
        context.Response.StatusCode = status;
        if (retryAfter is not null)
            context.Response.Headers.RetryAfter = retryAfter;
        return Task.CompletedTask;
    };

    public Task UntilAsync(int calls) => EngineFixture.UntilAsync(() => Task.FromResult(Calls.Count >= calls), $"{calls} calls came ({Calls.Count} did)");

    public ValueTask DisposeAsync() => site.DisposeAsync();

    async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        Calls.Enqueue(new(
            context.Request.Path + context.Request.QueryString.Value,
            context.Request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString(), StringComparer.Ordinal),
            body.ToArray()));
        await Answer(context);
    }
}
