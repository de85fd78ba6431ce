using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FlowStudio.Benchmarks.Processes;

namespace FlowStudio.Benchmarks.Scenarios;

/// <summary>Sets the server up as any user could: over its public API.</summary>
sealed class StudioClient(ServerProcess server) : IDisposable
{
    const string EndpointName = "benchmark";
    const string KeyVariable = "BENCHMARK_KEY";

    readonly HttpClient http = new() { BaseAddress = new Uri(server.Url) };

    /// <summary>Where the benchmark's flow takes its webhooks.</summary>
    public static string WebhookPath => $"/api/v1/webhook/{EndpointName}";

    /// <summary>Copies the tutorial flow, points its model and its API Request at the stub, opens its webhook, and publishes it; returns its id.</summary>
    public async Task<string> CreateFlowAsync(string modelUrl, string logUrl, CancellationToken cancellationToken, string endpoint = EndpointName)
    {
        await SendAsync(HttpMethod.Put, $"/v1/variables/{KeyVariable}", new JsonObject { ["kind"] = "secret", ["value"] = "sk-benchmark" }, cancellationToken);
        var tutorial = await TutorialAsync(cancellationToken);
        var exported = await SendAsync(HttpMethod.Get, $"/v1/flows/{tutorial}/export", body: null, cancellationToken);
        var created = await SendAsync(HttpMethod.Post, "/v1/flows", Rewire(exported.AsObject(), endpoint, modelUrl, logUrl), cancellationToken);
        await SendAsync(HttpMethod.Post, $"/v1/flows/{created["id"]}/publish", new JsonObject(), cancellationToken);
        return created["id"]?.GetValue<string>() ?? throw new FormatException("The flow has no id.");
    }

    /// <summary>Makes a flow that a webhook starts and that shows what a model says; returns its webhook's path.</summary>
    public async Task<string> CreateTalkAsync(string endpoint, string modelUrl, CancellationToken cancellationToken)
    {
        await SendAsync(HttpMethod.Put, $"/v1/variables/{KeyVariable}", new JsonObject { ["kind"] = "secret", ["value"] = "sk-benchmark" }, cancellationToken);
        var document = $$"""
            {
              "schema": 1,
              "nodes": [
                { "id": "in", "type": "Webhook" },
                { "id": "text", "type": "DataToMessage", "settings": { "template": "{text}" } },
                { "id": "model", "type": "LLM", "settings": { "provider": "openai", "base_url": "{{modelUrl}}", "model_name": "stub", "api_key": "{{KeyVariable}}" } },
                { "id": "out", "type": "ChatOutput" }
              ],
              "edges": [
                { "from": { "node": "in", "port": "output_data" }, "to": { "node": "text", "port": "data" } },
                { "from": { "node": "text", "port": "text" }, "to": { "node": "model", "port": "input_value" } },
                { "from": { "node": "model", "port": "text_output" }, "to": { "node": "out", "port": "input_value" } }
              ]
            }
            """;
        await SendAsync(HttpMethod.Post, "/v1/flows", new JsonObject { ["name"] = endpoint, ["endpoint_name"] = endpoint, ["access"] = "open", ["document"] = JsonNode.Parse(document) }, cancellationToken);
        return $"/api/v1/webhook/{endpoint}";
    }

    /// <summary>Starts a run by a webhook; returns its id.</summary>
    public async Task<string> StartAsync(string webhook, CancellationToken cancellationToken)
    {
        var accepted = await SendAsync(HttpMethod.Post, webhook, new JsonObject { ["text"] = "Go on." }, cancellationToken);
        return accepted["run_id"]?.GetValue<string>() ?? throw new FormatException("The webhook's answer has no run_id.");
    }

    /// <summary>Makes a flow that writes a text for each item of a list; returns its id.</summary>
    public async Task<string> CreateLoopAsync(int mostItems, CancellationToken cancellationToken)
    {
        var document = $$"""
            {
              "schema": 1,
              "nodes": [
                { "id": "in", "type": "Webhook" },
                { "id": "loop", "type": "Loop", "settings": { "max_items": {{mostItems}} } },
                { "id": "text", "type": "DataToMessage", "settings": { "template": "Order {id}: {name}" } }
              ],
              "edges": [
                { "from": { "node": "in", "port": "output_data" }, "to": { "node": "loop", "port": "data" } },
                { "from": { "node": "loop", "port": "item" }, "to": { "node": "text", "port": "data" } },
                { "from": { "node": "text", "port": "text" }, "to": { "node": "loop", "port": "loop" } }
              ]
            }
            """;
        var created = await SendAsync(HttpMethod.Post, "/v1/flows", new JsonObject { ["name"] = "Loop", ["document"] = JsonNode.Parse(document) }, cancellationToken);
        return created["id"]?.GetValue<string>() ?? throw new FormatException("The flow has no id.");
    }

    /// <summary>Runs the flow of <see cref="CreateLoopAsync"/>; tells how long the loop's step took, and the whole run.</summary>
    public async Task<(TimeSpan Loop, TimeSpan Whole)> RunLoopAsync(string flow, int items, CancellationToken cancellationToken)
    {
        var list = new JsonArray([.. Enumerable.Range(0, items).Select(i => (JsonNode)new JsonObject { ["id"] = i, ["name"] = $"customer {i % 97}" })]);
        var run = await SendAsync(HttpMethod.Post, $"/v1/flows/{flow}/runs?wait=60", new JsonObject { ["input"] = list }, cancellationToken);
        if (run["status"]?.GetValue<string>() != "succeeded")
            throw new InvalidOperationException($"The run is {run["status"]}: {run["error"]}");
        var loop = Array(run["steps"], "steps").OfType<JsonObject>().Single(step => step["node_id"]?.GetValue<string>() == "loop");
        return (Took(loop), Took(run));

        static TimeSpan Took(JsonNode what) => what["finished_at"] is { } end && what["started_at"] is { } start
            ? end.GetValue<DateTimeOffset>() - start.GetValue<DateTimeOffset>()
            : throw new FormatException("A finished run has no times.");
    }

    /// <summary>Whether some run has one of these statuses.</summary>
    public async Task<bool> AnyAsync(CancellationToken cancellationToken, params string[] statuses)
    {
        foreach (var status in statuses)
        {
            var page = await SendAsync(HttpMethod.Get, $"/v1/runs?status={status}&limit=1", body: null, cancellationToken);
            if (Array(page["items"], "items").Count > 0)
                return true;
        }
        return false;
    }

    public void Dispose() => http.Dispose();

    async Task<string> TutorialAsync(CancellationToken cancellationToken)
    {
        var flows = await SendAsync(HttpMethod.Get, "/v1/flows", body: null, cancellationToken);
        return Array(flows["items"], "items").Select(flow => flow?["id"]?.GetValue<string>()).FirstOrDefault() ??
            throw new InvalidOperationException("The server has no tutorial flow.");
    }

    static JsonObject Rewire(JsonObject flow, string endpoint, string modelUrl, string logUrl)
    {
        flow["name"] = "Benchmark";
        flow["endpoint_name"] = endpoint;
        flow["access"] = "open";
        var rewired = 0;
        foreach (var node in Array(flow["document"]?["nodes"], "nodes").OfType<JsonObject>())
        {
            var settings = node["settings"]?.AsObject() ?? throw new FormatException($"Node {node["id"]} has no settings.");
            switch (node["type"]?.GetValue<string>())
            {
                case "LLM":
                    settings["provider"] = "openai";
                    settings["base_url"] = modelUrl;
                    settings["model_name"] = "stub";
                    settings["api_key"] = KeyVariable;
                    rewired++;
                    break;
                case "ApiRequest":
                    settings["url_input"] = logUrl;
                    rewired++;
                    break;
            }
        }
        return rewired == 2 ? flow : throw new InvalidOperationException($"The tutorial flow has {rewired} nodes of type LLM or ApiRequest, not one of each.");
    }

    static JsonArray Array(JsonNode? node, string what) => node as JsonArray ?? throw new FormatException($"The server's answer has no array '{what}'.");

    async Task<JsonNode> SendAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = JsonContent.Create(body);
        using var response = await http.SendAsync(request, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        return response.IsSuccessStatusCode
            ? (text.Length > 0 ? JsonNode.Parse(text) : null) ?? new JsonObject()
            : throw new InvalidOperationException($"{method} {path} was answered {(int)response.StatusCode}: {text}");
    }
}
