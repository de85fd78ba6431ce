using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

/// <summary>The whole application on a free port of 127.0.0.1, with a data directory of its own; as a class fixture it serves all tests of a class.</summary>
public class StudioServer : IAsyncLifetime
{
    readonly string directory = Path.Combine(Path.GetTempPath(), $"flowstudio-web-{Guid.NewGuid():N}");
    readonly bool ownsDirectory = true;
    readonly string[] arguments;
    readonly Action<WebApplicationBuilder>? customise;
    WebApplication? app;

    public StudioServer()
        : this([])
    {
    }

    protected StudioServer(string[] arguments, Action<WebApplicationBuilder>? customise = null, string? directory = null)
    {
        this.arguments = arguments;
        this.customise = customise;
        if (directory is not null)
            (this.directory, ownsDirectory) = (directory, false);
    }

    public string Directory => directory;

    public string Url => App.Urls.First();

    public HttpClient Client { get; private set; } = new();

    public WebApplication App => app ?? throw new InvalidOperationException("The server has not been started.");

    public static async Task<StudioServer> StartAsync(string[]? arguments = null, Action<WebApplicationBuilder>? customise = null, string? directory = null)
    {
        var server = new StudioServer(arguments ?? [], customise, directory);
        await server.InitializeAsync();
        return server;
    }

    public T Get<T>()
        where T : notnull => App.Services.GetRequiredService<T>();

    public async ValueTask InitializeAsync()
    {
        app = StudioApplication.Build(
            ["--urls=http://127.0.0.1:0", $"--FlowStudio:DataDirectory={directory}", "--FlowStudio:Runner:RetryDelaySeconds=0.01",
                "--FlowStudio:Runner:DrainSeconds=5", "--Logging:LogLevel:Default=Warning",
                // As on the machine a server is developed on; one that others can reach always asks.
                .. arguments.Any(a => a.Contains("Access:AllowNonLoopback", StringComparison.Ordinal)) ? [] : new[] { "--FlowStudio:Access:RequireApiKey=false" },
                .. arguments],
            customise);
        await app.StartAsync();
        Client = NewClient();
    }

    /// <summary>A client without cookies that follows no redirects.</summary>
    public HttpClient NewClient() => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = new Uri(Url) };

    /// <summary>Creates a flow Webhook → Chat Output, or the one that is given; open to all.</summary>
    public async Task<Guid> AddFlowAsync(string name, FlowDocument? document = null, string access = "open", object? more = null)
    {
        var body = JsonSerializer.SerializeToNode(more ?? new { }).ShouldNotBeNull().AsObject();
        body["name"] = name;
        body["endpoint_name"] = name;
        body["access"] = access;
        body["document"] = System.Text.Json.Nodes.JsonNode.Parse(FlowJson.ToText(document ?? Echo()));
        using var response = await Client.PostAsJsonAsync("/v1/flows", body);
        response.StatusCode.ShouldBe(HttpStatusCode.Created, await response.Content.ReadAsStringAsync());
        return (await JsonAsync(response)).GetProperty("id").GetGuid();
    }

    public static FlowDocument Echo() => new FlowBuilder()
        .Node("webhook", "Webhook")
        .Node("out", "ChatOutput", new { should_store_message = false })
        .Edge("webhook.output_data", "out.input_value")
        .Build();

    public Task<HttpResponseMessage> PostWebhookAsync(string flow, string body, params (string Name, string Value)[] headers) =>
        PostAsync($"/api/v1/webhook/{flow}", Encoding.UTF8.GetBytes(body), headers);

    public async Task<HttpResponseMessage> PostAsync(string path, byte[] body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue();
        return await Client.SendAsync(request);
    }

    public async Task<JsonElement> GetJsonAsync(string path)
    {
        using var response = await Client.GetAsync(path);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        return await JsonAsync(response);
    }

    /// <summary>Polls until the run has ended.</summary>
    public async Task<JsonElement> EndOfAsync(Guid run)
    {
        JsonElement seen = default;
        await EngineFixture.UntilAsync(
            async () =>
            {
                seen = await GetJsonAsync($"/v1/runs/{run}");
                return seen.GetProperty("finished_at").ValueKind is not JsonValueKind.Null;
            },
            $"run {run} has ended");
        return seen;
    }

    public static async Task<JsonElement> JsonAsync(HttpResponseMessage response)
    {
        using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        return document.RootElement.Clone();
    }

    public static async Task<Guid> RunIdAsync(HttpResponseMessage response)
    {
        response.StatusCode.ShouldBe(HttpStatusCode.Accepted, await response.Content.ReadAsStringAsync());
        return (await JsonAsync(response)).GetProperty("run_id").GetGuid();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (app is not null)
        {
            await app.StopAsync();
            await app.DisposeAsync();
            app = null;
        }
        if (ownsDirectory && System.IO.Directory.Exists(directory))
            System.IO.Directory.Delete(directory, recursive: true);
        GC.SuppressFinalize(this);
    }
}
