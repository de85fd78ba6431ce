using System.Collections.Concurrent;
using FlowStudio.Engine.Flows;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Tests;

/// <summary>Another side that answers each path only when the test lets it, and counts.</summary>
sealed class Upstream : IAsyncDisposable
{
    readonly ConcurrentDictionary<string, Path> paths = new(StringComparer.Ordinal);
    readonly WebApplication app;

    Upstream(WebApplication app) => this.app = app;

    /// <summary>Listens on a free port of the loopback.</summary>
    public static async Task<Upstream> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var upstream = new Upstream(builder.Build());
        upstream.app.Run(upstream.AnswerAsync);
        await upstream.app.StartAsync();
        return upstream;
    }

    public string Url(string path) => $"{app.Urls.Single()}/{path}";

    /// <summary>A flow that does nothing but call a path.</summary>
    public FlowDocument Call(string path, double? timeout = null) => new FlowBuilder().Node("in", "Webhook")
        .Node("call", "ApiRequest", new { url_input = Url(path), method = "POST", timeout = timeout ?? 30 }).Edge("in.output_data", "call.body").Build();

    /// <summary>How often a path was called.</summary>
    public int Calls(string path) => Of(path).Calls.Count;

    /// <summary>The idempotency keys it was called with.</summary>
    public IReadOnlyList<string> Keys(string path) => [.. Of(path).Calls];

    /// <summary>From now on a path is answered.</summary>
    public void Release(string path, int status = 200)
    {
        Of(path).Status = status;
        Of(path).Open.TrySetResult();
    }

    public Task UntilCalledAsync(string path, int times = 1) => EngineFixture.UntilAsync(() => Task.FromResult(Calls(path) >= times), $"/{path} is called");

    public async ValueTask DisposeAsync()
    {
        foreach (var path in paths.Values)
            path.Open.TrySetResult();
        await app.DisposeAsync();
    }

    async Task AnswerAsync(HttpContext context)
    {
        var path = Of(context.Request.Path.Value?.TrimStart('/') ?? "");
        path.Calls.Enqueue(context.Request.Headers["Idempotency-Key"].ToString());
        await path.Open.Task.WaitAsync(context.RequestAborted);
        context.Response.StatusCode = path.Status;
        await context.Response.WriteAsJsonAsync(new { ok = path.Status == 200 });
    }

    Path Of(string name) => paths.GetOrAdd(name, static _ => new());

    sealed class Path
    {
        public ConcurrentQueue<string> Calls { get; } = new();

        public TaskCompletionSource Open { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Status { get; set; } = 200;
    }
}
