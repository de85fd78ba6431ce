using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FlowStudio.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Secrets;

/// <summary>The whole server, every secret sent to upstreams that give it back; afterwards all it answered, logged and stored is swept for them.</summary>
public sealed class CanarySweepTests : IAsyncDisposable
{
    readonly string directory = Directory.CreateTempSubdirectory("flowstudio-sweep-").FullName;
    readonly LogSink log = new();
    readonly List<(string Where, byte[] Bytes)> seen = [];
    readonly List<Canary> canaries = [.. CanaryFlows.All];
    readonly HttpClient http = new() { Timeout = TimeSpan.FromMinutes(2) };

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync()
    {
        http.Dispose();
        Directory.Delete(directory, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Secrets_are_found_nowhere_outside_the_vault()
    {
        await using var upstream = await EchoingUpstream.StartAsync(CanaryFlows.All);
        await using (var app = await StartAsync())
        {
            foreach (var canary in CanaryFlows.All.Where(c => c != CanaryFlows.FromEnvironment))
            {
                var set = await SendAsync(HttpMethod.Put, $"/v1/variables/{canary.Name}", new { value = canary.Value, kind = "secret" });
                set.StatusCode.ShouldBe(HttpStatusCode.OK);
            }
            await RefusedAsync();
            foreach (var (name, document) in CanaryFlows.Flows(upstream.Url))
                await RunAsync(name, document);
            upstream.Seen.ShouldBe(CanaryFlows.All.Select(c => c.Name), ignoreOrder: true);
            await LookAroundAsync();
            await KeepFilesAsync("while it runs");
            await app.StopAsync(Cancel);
        }
        await KeepFilesAsync("after the stop");
        seen.AddRange(log.Lines.Select(line => ("log", Encoding.UTF8.GetBytes(line))));

        CanaryFlows.Found(seen, canaries).ShouldBeEmpty();
        // The sweep has looked at what could have held them.
        foreach (var canary in CanaryFlows.All)
            seen.Exists(s => Encoding.UTF8.GetString(s.Bytes).Contains($"***{canary.Name}***", StringComparison.Ordinal)).ShouldBeTrue(canary.Name);
        log.Lines.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Keys_lie_in_files_for_their_owner_alone()
    {
        await using var app = await StartAsync();
        await app.StopAsync(Cancel);
        var keys = Directory.GetFiles(Path.Combine(directory, "keys"));
        keys.ShouldNotBeEmpty();
        // Windows has no such modes; there the user's profile folder keeps others out.
        if (!OperatingSystem.IsWindows())
            keys.ShouldAllBe(file => File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    async Task<WebApplication> StartAsync()
    {
        var app = StudioApplication.Build(
            [
                "--applicationName=FlowStudio.Web", "--urls=http://127.0.0.1:0", $"--FlowStudio:DataDirectory={directory}",
                "--FlowStudio:Access:RequireApiKey=false", "--FlowStudio:Runner:RetryDelaySeconds=0.01", "--FlowStudio:Runner:Retries=1",
                "--Logging:LogLevel:Default=Trace", "--Logging:LogLevel:Microsoft=Trace", "--Logging:LogLevel:System=Trace",
            ],
            builder =>
            {
                builder.Logging.ClearProviders().AddProvider(log);
                builder.Services.AddSingleton(CanaryFlows.Environment);
            });
        await app.StartAsync(Cancel);
        http.BaseAddress = new Uri(app.Urls.First());
        return app;
    }

    /// <summary>Requests that fail, with secrets in them.</summary>
    async Task RefusedAsync()
    {
        var value = CanaryFlows.Key.Value;
        await SendAsync(HttpMethod.Put, "/v1/variables/no-name", new { value, kind = "secret" });
        await SendAsync(HttpMethod.Put, "/v1/variables/NAME", new { value, kind = value });
        await SendAsync(HttpMethod.Put, "/v1/variables/NAME", new { value = new { value } });
        await SendAsync(HttpMethod.Put, "/v1/variables/NAME", new Dictionary<string, object> { [value] = value });
        await SendAsync(HttpMethod.Put, "/v1/variables/BIG", new { value = string.Concat(Enumerable.Repeat(value, 5000)) });
        using var broken = new HttpRequestMessage(HttpMethod.Put, "/v1/variables/NAME");
        broken.Content = new StringContent($"{{\"value\":\"{value}\",,}}", Encoding.UTF8, "application/json");
        await KeepAsync(broken);

        // A key where only a variable's name belongs: neither the vault nor anyone else knows it, and it must not get into a draft.
        var pasted = new Canary("a pasted key", "sk-pasted-Uq84-Mx2cVn77tRz");
        canaries.Add(pasted);
        foreach (var key in (string[])[pasted.Value, value])
        {
            var document = Engine.Flows.FlowJson.ToUtf8(new FlowBuilder().Node("in", "Webhook").Node("llm", "LLM", new { api_key = key }).Build());
            var element = JsonDocument.Parse(document).RootElement;
            (await SendAsync(HttpMethod.Post, "/v1/flows", new { name = "pasted", document = element })).Body.ShouldContain("secret_in_flow");
            var file = new { format = "flowstudio.flow", schema = 1, name = "pasted", document = element };
            (await SendAsync(HttpMethod.Post, "/v1/flows/import", file)).Body.ShouldContain("secret_in_flow");
            var first = (await http.GetFromJsonAsync<JsonElement>("/v1/flows", Cancel)).GetProperty("items")[0].GetProperty("id").GetString();
            (await SendAsync(HttpMethod.Put, $"/v1/flows/{first}", new { document = element })).Body.ShouldContain("secret_in_flow");
        }
    }

    async Task RunAsync(string name, Engine.Flows.FlowDocument document)
    {
        var element = JsonDocument.Parse(Engine.Flows.FlowJson.ToUtf8(document)).RootElement;
        var created = await SendAsync(HttpMethod.Post, "/v1/flows", new { name, document = element, access = "token" });
        created.StatusCode.ShouldBe(HttpStatusCode.Created);
        var id = JsonDocument.Parse(created.Body).RootElement.GetProperty("id").GetString();
        // The one place that gives the token out, so it is not kept for the sweep.
        var token = (await http.GetFromJsonAsync<JsonElement>($"/v1/flows/{id}/webhook-token", Cancel)).GetProperty("token").GetString().ShouldNotBeNull();
        canaries.Add(new Canary("token of " + name, token));
        await SendAsync(HttpMethod.Post, $"/v1/flows/{id}/publish", new { note = "as is" });

        var payload = CanaryFlows.Payload(token);
        var note = Uri.EscapeDataString(CanaryFlows.Query.Value);
        using var call = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/webhook/{id}?token={token}&note={note}&again={token}") { Content = new StringContent(payload) };
        call.Headers.Add("X-Webhook-Token", token);
        call.Headers.Add("X-Note", CanaryFlows.Key.Value);
        call.Headers.Referrer = new Uri($"http://127.0.0.1/?token={token}");
        var answer = await KeepAsync(call);
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var links = JsonDocument.Parse(answer.Body).RootElement;
        await GetAsync(links.GetProperty("events_url").GetString());
        await GetAsync(links.GetProperty("status_url").GetString());
        var run = links.GetProperty("run_id").GetString();
        await GetAsync($"/v1/runs/{run}/events");
        await GetAsync($"/v1/runs/{run}");
        await GetAsync($"/runs/{run}");

        await SendAsync(HttpMethod.Post, $"/v1/flows/{id}/runs?wait=60", new { input = JsonDocument.Parse(payload).RootElement, session_id = token });
        using var wrong = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/webhook/{id}?token={token[..^1]}") { Content = new StringContent(payload) };
        (await KeepAsync(wrong)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        await GetAsync($"/v1/flows/{id}");
        await GetAsync($"/v1/flows/{id}/export");
        await GetAsync($"/v1/flows/{id}/versions");
        await SendAsync(HttpMethod.Post, $"/v1/flows/{id}/validate", new { });
    }

    async Task LookAroundAsync()
    {
        string[] paths =
        [
            "/v1/flows?limit=200", "/v1/flows/export", "/v1/variables", "/v1/runs?limit=200", "/v1/runs?status=failed&limit=200", "/v1/components",
            "/v1/bins", "/v1/bins/canary?limit=200", "/v1/files?limit=200", "/health/live", "/health/ready", "/openapi/v1.json", "/docs", "/", "/runs", "/bins", "/bins/canary",
        ];
        foreach (var path in paths)
            await GetAsync(path);
        await SendAsync(HttpMethod.Post, "/bin/canary/posted?q=" + Uri.EscapeDataString(CanaryFlows.Header.Value), new { CanaryFlows.Key.Echoes });
        await GetAsync("/v1/bins/canary");
    }

    async Task GetAsync(string? path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        (await KeepAsync(request)).StatusCode.ShouldBe(HttpStatusCode.OK, path);
    }

    async Task<(HttpStatusCode StatusCode, string Body)> SendAsync(HttpMethod method, string path, object body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body) };
        return await KeepAsync(request);
    }

    /// <summary>Sends a request and keeps the answer whole: headers, body, and a stream until its end.</summary>
    async Task<(HttpStatusCode StatusCode, string Body)> KeepAsync(HttpRequestMessage request)
    {
        using var response = await http.SendAsync(request, Cancel);
        var body = await response.Content.ReadAsByteArrayAsync(Cancel);
        var where = $"{request.Method} {request.RequestUri?.OriginalString.Split('?')[0]} {(int)response.StatusCode}";
        seen.Add((where, body));
        seen.Add((where + " headers", Encoding.UTF8.GetBytes($"{response.Headers} {response.Content.Headers}")));
        return (response.StatusCode, Encoding.UTF8.GetString(body));
    }

    async Task KeepFilesAsync(string when)
    {
        var saved = Directory.GetFiles(Path.Combine(directory, "files"));
        saved.ShouldNotBeEmpty();
        foreach (var file in Directory.GetFiles(directory, "flowstudio.db*").Concat(saved))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[stream.Length];
            await stream.ReadExactlyAsync(bytes, Cancel);
            seen.Add(($"{Path.GetFileName(file)} {when}", bytes));
        }
    }
}
