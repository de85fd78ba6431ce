using System.Globalization;
using System.Net.Http.Json;
using Microsoft.Data.Sqlite;
using Shouldly;

namespace FlowStudio.Tests.Api.BadInput;

/// <summary>One of everything that addresses and bodies can name, and how many rows there are of each kind.</summary>
sealed class World(StudioServer server) : IDisposable
{
    /// <summary>Nothing has this id.</summary>
    public const string Nobody = "00000000-0000-4000-8000-000000000000";

    const string Asking = "asking";

    /// <summary>What goes on after an answer, and what is no thing of its own.</summary>
    static readonly string[] NotCounted = ["run_events", "delivery_attempts", "history_marks", "run_rollups", "draft_histories", "__EFMigrationsLock", "__EFMigrationsHistory", "sqlite_sequence", "sqlite_stat1"];

    readonly Dictionary<string, string> names = new(StringComparer.Ordinal) { ["$nobody"] = Nobody };
    readonly List<string> tables = [];
    SqliteConnection? connection;
    int made;

    /// <summary>Makes everything anew.</summary>
    public async Task MakeAsync()
    {
        var name = Unique();
        var document = new FlowBuilder().Node("in", "Webhook", new { methods = new[] { "GET", "POST", "PUT", "PATCH", "DELETE" } }).Node("out", "ChatOutput").Edge("in.output_data", "out.input_value")
            .Node("ask", "ChatInput").Node("say", "ChatOutput").Edge("ask.message", "say.input_value").Build();
        var flow = await server.AddFlowAsync(name, document);
        names["$flow_id"] = flow.ToString();
        names["$flow"] = name;
        using (var published = await server.Client.PostAsJsonAsync($"/v1/flows/{flow}/publish", new { note = "n" }))
            published.IsSuccessStatusCode.ShouldBeTrue(await published.Content.ReadAsStringAsync());
        using (var run = await server.PostWebhookAsync(name, "{}"))
            names["$run"] = (await StudioServer.RunIdAsync(run)).ToString();
        names["$thread"] = await MadeAsync("/threads", new { }, "thread_id");
        names["$graph_run"] = await MadeAsync($"/threads/{names["$thread"]}/runs", new { assistant_id = name, input = new { a = 1 } }, "run_id");
        using (await server.Client.GetAsync($"/threads/{names["$thread"]}/runs/{names["$graph_run"]}/join"))
            names["$checkpoint"] = (await server.GetJsonAsync($"/threads/{names["$thread"]}/state")).GetProperty("checkpoint").GetProperty("checkpoint_id").GetString() ?? "";
        names["$cron"] = await MadeAsync("/runs/crons", new { assistant_id = name, schedule = "0 0 1 1 *", enabled = false }, "cron_id");
        names["$schedule"] = await MadeAsync("/v1/schedules", new { flow = name, cron = "0 0 1 1 *", paused = true }, "id");
        names["$key"] = await MadeAsync("/v1/keys", new { name }, "id");
        names["$token"] = ((await server.GetJsonAsync($"/api/agent_webhook?id={name}")).GetProperty("webhook_url").GetString() ?? "").Split('/')[^1];
        names["$asking"] = await AskAsync();
        names["$question"] = (await server.GetJsonAsync($"/v1/questions?flow_id={Asking}")).GetProperty("items")[0].GetProperty("id").GetString() ?? "";
        await SettleAsync();
        names["$message"] = (await server.GetJsonAsync($"/api/v1/monitor/messages?flow_id={flow}"))[0].GetProperty("id").GetString() ?? "";
    }

    /// <summary>A body with the names of what there is.</summary>
    public string Fill(string body)
    {
        foreach (var (name, value) in names.OrderByDescending(n => n.Key.Length))
            body = body.Replace($"\"{name}\"", $"\"{value}\"", StringComparison.Ordinal);
        return body.Replace("$unique", Unique(), StringComparison.Ordinal);
    }

    /// <summary>What a parameter of an address stands for; null when the test does not know.</summary>
    public string? Known(Operation operation, string parameter)
    {
        var graph = !operation.Path.StartsWith("/api/", StringComparison.Ordinal) && !operation.Path.StartsWith("/v1/", StringComparison.Ordinal);
        var name = parameter switch
        {
            "flow" or "assistant" => "$flow",
            "flow_id" => "$flow_id",
            "run" => graph ? "$graph_run" : "$run",
            "job_id" => "$run",
            "message_id" => "$message",
            "api_key_id" => "$key",
            "thread" or "checkpoint" or "cron" or "token" => $"${parameter}",
            "id" when operation.Path.StartsWith("/v1/flows", StringComparison.Ordinal) => "$flow_id",
            "id" when operation.Path == "/v1/runs/{id}/answer" => "$asking",
            "id" when operation.Path.StartsWith("/v1/questions", StringComparison.Ordinal) => "$question",
            "id" when operation.Path.StartsWith("/v1/runs", StringComparison.Ordinal) => "$run",
            "id" when operation.Path.StartsWith("/v1/keys", StringComparison.Ordinal) => "$key",
            "id" when operation.Path.StartsWith("/v1/schedules", StringComparison.Ordinal) => "$schedule",
            "id" when operation.Path.StartsWith("/v1/files", StringComparison.Ordinal) || operation.Path.StartsWith("/v1/deliveries", StringComparison.Ordinal) => "$nobody",
            _ => null,
        };
        if (name is not null)
            return names[name];
        return parameter switch
        {
            "number" => "1",
            "type" => "Webhook",
            "name" => "A_NAME",
            "rest" or "ns" or "session_id" => "x",
            _ => null,
        };
    }

    /// <summary>Rows by table.</summary>
    public IReadOnlyDictionary<string, long> Count()
    {
        using var command = Connection().CreateCommand();
        command.CommandText = $"SELECT {string.Join(", ", tables.Select(t => $"(SELECT count(*) FROM \"{t}\")"))}";
        using var counts = command.ExecuteReader();
        counts.Read().ShouldBeTrue();
        return tables.Select((t, i) => (t, counts.GetInt64(i))).ToDictionary(StringComparer.Ordinal);
    }

    /// <summary>Waits until nothing that was accepted goes on.</summary>
    public Task SettleAsync() => EngineFixture.UntilAsync(
        () =>
        {
            using var command = Connection().CreateCommand();
            command.CommandText = "SELECT (SELECT count(*) FROM runs WHERE status IN ('queued', 'running')) + (SELECT count(*) FROM thread_runs WHERE status IN ('pending', 'running'))";
            return Task.FromResult(Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture) == 0);
        },
        "all runs have ended");

    public void Dispose() => connection?.Dispose();

    SqliteConnection Connection()
    {
        if (connection is not null)
            return connection;
        connection = new SqliteConnection($"Data Source={Path.Combine(server.Directory, "flowstudio.db")};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT name FROM sqlite_master WHERE type = 'table'";
        using var rows = command.ExecuteReader();
        while (rows.Read())
            tables.Add(rows.GetString(0));
        tables.RemoveAll(t => NotCounted.Contains(t, StringComparer.Ordinal));
        return connection;
    }

    /// <summary>Starts a run that asks somebody.</summary>
    async Task<string> AskAsync()
    {
        using (var there = await server.Client.GetAsync($"/v1/flows/{Asking}"))
        {
            if (!there.IsSuccessStatusCode)
                await server.AddFlowAsync(Asking, new FlowBuilder().Node("in", "Webhook").Node("ask", "AskPerson", new { question = "Go on?" }).Edge("in.output_data", "ask.input").Build());
        }
        using var started = await server.PostWebhookAsync(Asking, "{}");
        var run = await StudioServer.RunIdAsync(started);
        await EngineFixture.UntilAsync(async () => (await server.GetJsonAsync($"/v1/runs/{run}")).GetProperty("status").GetString() == "waiting", "the run asks");
        return run.ToString();
    }

    string Unique() => string.Create(CultureInfo.InvariantCulture, $"bad-{++made}-{Guid.CreateVersion7():N}");

    async Task<string> MadeAsync(string path, object body, string id)
    {
        using var response = await server.Client.PostAsJsonAsync(path, body);
        response.IsSuccessStatusCode.ShouldBeTrue($"{path}: {await response.Content.ReadAsStringAsync()}");
        return (await StudioServer.JsonAsync(response)).GetProperty(id).GetString() ?? "";
    }
}
