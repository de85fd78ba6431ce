using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Egress;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Secrets;

/// <summary>The engine alone, without a web server before it: nothing that a run stores, shows, logs or gives out has a secret in it.</summary>
public sealed class EngineCanaryTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_upstreams_echo_no_secret_is_stored_shown_or_logged()
    {
        await using var upstream = await EchoingUpstream.StartAsync(CanaryFlows.All);
        var log = new LogSink();
        var seen = new List<(string Where, byte[] Bytes)>();
        var directory = Directory.CreateTempSubdirectory("flowstudio-canary-").FullName;
        try
        {
            await using (var engine = await EngineFixture.StartAsync(directory, o => o.Runner.Retries = 1, services =>
            {
                services.AddLogging(l => l.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Trace));
                services.AddSingleton(CanaryFlows.Environment);
                services.AddSingleton<ILocalBins, EchoingBins>();
            }))
            {
                var vault = engine.Get<SecretVault>();
                foreach (var canary in CanaryFlows.All.Where(c => c != CanaryFlows.FromEnvironment))
                    await vault.SetAsync(canary.Name, canary.Value, secret: true, Cancel);
                var token = new Canary("TOKEN", await vault.EnsureWebhookTokenAsync(Guid.CreateVersion7(), Cancel));

                foreach (var (name, document) in CanaryFlows.Flows(upstream.Url))
                {
                    var flow = await engine.AddFlowAsync(document, new() { Retries = 1 });
                    var run = await engine.StartRunAsync(flow, CanaryFlows.Payload(token.Value), session: CanaryFlows.Key.Value);
                    await foreach (var live in engine.Get<RunFeed>().FollowAsync(run, 0, Cancel))
                        seen.Add(($"live event of {name}", live.Json.ToArray()));
                    var ended = await engine.EndOfAsync(run);
                    seen.Add(($"run {name}", Encoding.UTF8.GetBytes(Everything(ended))));
                    foreach (var stored in await engine.Runs.EventsAsync(run, 0, 10_000, Cancel))
                        seen.Add(($"stored event of {name}", stored.Json.ToArray()));
                    ended.Steps.ShouldNotBeEmpty();
                }
                upstream.Seen.ShouldBe(CanaryFlows.All.Select(c => c.Name), ignoreOrder: true);
                foreach (var file in Directory.GetFiles(directory, "flowstudio.db*"))
                    seen.Add((Path.GetFileName(file), await ReadAsync(file)));
                foreach (var line in log.Lines)
                    seen.Add(("log", Encoding.UTF8.GetBytes(line)));
                CanaryFlows.Found(seen, [.. CanaryFlows.All, token]).ShouldBeEmpty();
            }
            // Once more when the log has been copied into the database.
            var saved = Directory.GetFiles(Path.Combine(directory, "files"));
            saved.ShouldNotBeEmpty();
            foreach (var file in Directory.GetFiles(directory, "flowstudio.db*").Concat(saved))
            {
                foreach (var canary in CanaryFlows.All)
                    canary.FindIn(await ReadAsync(file)).ShouldBeNull(file);
            }
            seen.Count(s => Encoding.UTF8.GetString(s.Bytes).Contains("***LLM_KEY***", StringComparison.Ordinal)).ShouldBeGreaterThan(10);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    static string Everything(RunDetails run) => $"{run.Run} {run.Input} {run.Output} {JsonSerializer.Serialize(run.Call)} "
        + string.Join(' ', run.Steps.Select(s => $"{s} {string.Join(' ', s.Input)} {string.Join(' ', s.Output)}"));

    static async Task<byte[]> ReadAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[stream.Length];
        await stream.ReadExactlyAsync(bytes, Cancel);
        return bytes;
    }

    /// <summary>Answers with what it was sent.</summary>
    sealed class EchoingBins : ILocalBins
    {
        public Task<GuardedResponse> SendAsync(GuardedRequest request, CancellationToken cancellationToken) => Task.FromResult(new GuardedResponse
        {
            Status = 200,
            Reason = "OK",
            Headers = [.. request.Headers],
            Body = Encoding.UTF8.GetBytes(string.Join('\n', request.Headers)),
            FinalUrl = request.Url,
        });
    }
}

/// <summary>Keeps every line that is logged.</summary>
sealed class LogSink : ILoggerProvider
{
    readonly LogLines<object> lines = new();

    public IReadOnlyList<string> Lines => lines.Lines;

    public ILogger CreateLogger(string categoryName) => new Named(categoryName, lines);

    public void Dispose()
    {
    }

    sealed class Named(string category, ILogger lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            // A scope's values may be printed with every line in it.
            lines.LogInformation("{Category} scope {State}", category, state);
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Log(logLevel, eventId, (category, state, formatter), exception, static (s, e) => $"{s.category} {s.formatter(s.state, e)}");
    }
}
