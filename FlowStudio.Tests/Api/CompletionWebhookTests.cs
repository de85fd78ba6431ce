using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FlowStudio.Tests.Callbacks;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

/// <summary>Completion webhooks over HTTP: where they are set, what they say, and what became of them.</summary>
public sealed class CompletionWebhookTests(StudioServer server) : IClassFixture<StudioServer>
{
    [Fact]
    public async Task A_flows_completion_webhook_gets_the_run_as_the_API_gives_it()
    {
        await using var receiver = await Receiver.StartAsync();
        var flow = await server.AddFlowAsync("tells", more: new { completion_webhook = receiver.Url("/done?token=s3cret-token") });
        (await server.GetJsonAsync("/v1/flows/tells")).GetProperty("completion_webhook").GetString().ShouldBe(receiver.Url("/done?token=***"));
        var run = await StudioServer.RunIdAsync(await server.PostWebhookAsync("tells", """{"text":"hello"}"""));

        var delivery = await UntilAsync(run, "delivered");
        var call = receiver.Calls.ShouldHaveSingleItem();
        call.Url.ShouldBe("/done?token=s3cret-token");
        var said = JsonDocument.Parse(call.Body).RootElement;
        said.EnumerateObject().Select(p => p.Name).ShouldBe(["type", "timestamp", "run_id", "status", "output", "data"]);
        var seen = await server.GetJsonAsync($"/v1/runs/{run}");
        (said.GetProperty("type").GetString(), said.GetProperty("status").GetString(), said.GetProperty("run_id").GetGuid()).ShouldBe(("run.completed", "completed", run));
        said.GetProperty("timestamp").GetDateTimeOffset().ShouldBe(seen.GetProperty("finished_at").GetDateTimeOffset());
        JsonElement.DeepEquals(said.GetProperty("data"), seen).ShouldBeTrue();
        JsonElement.DeepEquals(said.GetProperty("output"), seen.GetProperty("output")).ShouldBeTrue();

        (delivery.GetProperty("url").GetString(), delivery.GetProperty("source").GetString(), delivery.GetProperty("kind").GetString()).ShouldBe((receiver.Url("/done?token=***"), "flow", "native"));
        delivery.GetProperty("flow_id").GetGuid().ShouldBe(flow);
        delivery.GetProperty("id").GetString().ShouldBe(call.Id);
        var whole = await server.GetJsonAsync($"/v1/deliveries/{call.Id}");
        var attempt = whole.GetProperty("history").EnumerateArray().ShouldHaveSingleItem();
        (attempt.GetProperty("status_code").GetInt32(), attempt.GetProperty("answer").GetString()).ShouldBe((200, "thanks"));
        whole.ToString().ShouldNotContain("s3cret");

        using var again = await server.Client.PostAsync($"/v1/deliveries/{call.Id}/redeliver", content: null);
        again.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await receiver.UntilAsync(2);
        receiver.Calls.Select(c => c.Id).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task A_failed_run_says_why()
    {
        await using var receiver = await Receiver.StartAsync();
        var failing = new FlowBuilder().Node("webhook", "Webhook").Node("call", "ApiRequest", new { url_input = "http://127.0.0.1:1/", method = "POST" }, retries: 0)
            .Node("out", "ChatOutput").Edge("webhook.output_data", "call.body").Edge("call.data", "out.input_value").Build();
        await server.AddFlowAsync("fails-and-tells", failing, more: new { completion_webhook = receiver.Url() });
        var run = await StudioServer.RunIdAsync(await server.PostWebhookAsync("fails-and-tells", "{}"));
        await UntilAsync(run, "delivered");
        var said = JsonDocument.Parse(receiver.Calls.ShouldHaveSingleItem().Body).RootElement;
        (said.GetProperty("type").GetString(), said.GetProperty("status").GetString()).ShouldBe(("run.failed", "failed"));
        said.GetProperty("output").ValueKind.ShouldBe(JsonValueKind.Null);
        said.GetProperty("data").GetProperty("error").GetProperty("node_id").GetString().ShouldBe("call");
    }

    [Fact]
    public async Task A_call_names_its_own_receiver_by_header_or_field_and_the_run_does_not_show_it()
    {
        await using var receiver = await Receiver.StartAsync();
        await server.AddFlowAsync("called");
        var byHeader = await StudioServer.RunIdAsync(await server.PostWebhookAsync("called", "{}", ("X-Completion-Webhook", receiver.Url("/header?token=s3cret-token"))));
        using var started = await server.Client.PostAsJsonAsync("/v1/flows/called/runs", new { input = new { a = 1 }, webhook = receiver.Url("/field") });
        started.StatusCode.ShouldBe(HttpStatusCode.Created);
        var byField = (await StudioServer.JsonAsync(started)).GetProperty("id").GetGuid();
        (await UntilAsync(byHeader, "delivered")).GetProperty("source").GetString().ShouldBe("call");
        await UntilAsync(byField, "delivered");
        receiver.Calls.Select(c => c.Url).Order().ShouldBe(["/field", "/header?token=s3cret-token"]);
        (await server.Client.GetStringAsync($"/v1/runs/{byHeader}")).ShouldNotContain("s3cret");
        (await server.Client.GetStringAsync($"/v1/runs/{byHeader}/events")).ShouldNotContain("s3cret");
    }

    [Fact]
    public async Task A_schedule_names_its_own_receiver()
    {
        await using var receiver = await Receiver.StartAsync();
        await server.AddFlowAsync("scheduled");
        using var made = await server.Client.PostAsJsonAsync("/v1/schedules", new { flow = "scheduled", cron = "0 0 1 1 *", completion_webhook = receiver.Url("/s?token=s3cret-token") });
        made.StatusCode.ShouldBe(HttpStatusCode.Created, await made.Content.ReadAsStringAsync());
        var schedule = await StudioServer.JsonAsync(made);
        schedule.GetProperty("completion_webhook").GetString().ShouldBe(receiver.Url("/s?token=***"));
        // Sent back as it was shown, it is the same.
        var path = $"/v1/schedules/{schedule.GetProperty("id").GetString()}";
        using var kept = await server.Client.PutAsJsonAsync(path, new { name = "Other", completion_webhook = receiver.Url("/s?token=***") });
        kept.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var started = await server.Client.PostAsync($"{path}/run", content: null);
        var run = (await StudioServer.JsonAsync(started)).GetProperty("id").GetGuid();
        (await UntilAsync(run, "delivered")).GetProperty("source").GetString().ShouldBe("schedule");
        receiver.Calls.ShouldHaveSingleItem().Url.ShouldBe("/s?token=s3cret-token");
    }

    [Fact]
    public async Task A_request_bin_of_this_server_can_be_told()
    {
        await server.AddFlowAsync("to-bin", more: new { completion_webhook = "/bin/told" });
        await UntilAsync(await StudioServer.RunIdAsync(await server.PostWebhookAsync("to-bin", "{}")), "delivered");
        (await server.GetJsonAsync("/v1/bins/told")).GetProperty("items").EnumerateArray().ShouldHaveSingleItem().GetProperty("body").GetString().ShouldNotBeNull().ShouldContain("run.completed");
    }

    [Theory]
    [InlineData("ftp://a.example/")]
    [InlineData("/orders")]
    [InlineData("not an address")]
    [InlineData("http://169.254.169.254/latest")]
    [InlineData("http://user:pass@a.example/")]
    [InlineData("http://10.0.0.1/")]
    [InlineData("https://a.example/?token=***")]
    [InlineData("https://a.example/\u0000")]
    public async Task An_address_that_cannot_be_told_is_refused_when_it_is_given(string url)
    {
        var name = $"refuses-{Guid.CreateVersion7():N}";
        await server.AddFlowAsync(name);
        foreach (var (path, body) in new (string, object)[]
        {
            ("/v1/flows", new { name = "x", completion_webhook = url }),
            ($"/v1/flows/{name}/runs", new { webhook = url }),
            ("/v1/schedules", new { flow = name, cron = "0 0 1 1 *", completion_webhook = url }),
            ($"/v1/flows/{name}/completion-webhook/test", new { url }),
        })
        {
            using var refused = await server.Client.PostAsJsonAsync(path, body);
            refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest, $"{path}: {await refused.Content.ReadAsStringAsync()}");
            (await StudioServer.JsonAsync(refused)).GetProperty("code").GetString().ShouldBe("invalid_body");
        }
        if (url.Contains('\0', StringComparison.Ordinal) || url.Contains("***", StringComparison.Ordinal))
            return;
        using var byHeader = await server.PostWebhookAsync(name, "{}", ("X-Completion-Webhook", url));
        byHeader.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await StudioServer.JsonAsync(byHeader)).GetProperty("detail").GetString().ShouldNotBeNull().ShouldStartWith("X-Completion-Webhook: ");
        (await server.GetJsonAsync($"/v1/runs?flow={name}")).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task An_address_may_have_so_many_characters_and_no_more()
    {
        using var refused = await server.Client.PostAsJsonAsync("/v1/flows", new { name = "long", completion_webhook = "https://a.example/" + new string('x', 2048) });
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_saved_flow_keeps_its_receiver_unless_it_is_taken_away()
    {
        await server.AddFlowAsync("keeps", more: new { completion_webhook = "https://a.example/x?token=s3cret-token" });
        async Task<string?> PutAsync(object body)
        {
            using var saved = await server.Client.PutAsJsonAsync("/v1/flows/keeps", body);
            saved.StatusCode.ShouldBe(HttpStatusCode.OK, await saved.Content.ReadAsStringAsync());
            return (await StudioServer.JsonAsync(saved)).GetProperty("completion_webhook").GetString();
        }
        (await PutAsync(new { description = "d" })).ShouldBe("https://a.example/x?token=***");
        (await PutAsync(new { completion_webhook = "https://a.example/x?token=***" })).ShouldBe("https://a.example/x?token=***");
        (await server.Get<Engine.Flows.IFlowStore>().ResolveAsync("keeps", draft: true, CancellationToken.None)).ShouldNotBeNull().Flow.CompletionWebhook.ShouldBe("https://a.example/x?token=s3cret-token");
        (await server.Client.GetStringAsync("/v1/flows/keeps/export")).ShouldNotContain("a.example");
        (await PutAsync(new { completion_webhook = (string?)null })).ShouldBeNull();
    }

    [Fact]
    public async Task The_secret_is_told_to_who_asks_and_can_be_replaced()
    {
        await server.AddFlowAsync("signs");
        var first = await server.GetJsonAsync("/v1/flows/signs/completion-webhook/secret");
        first.GetProperty("secret").GetString().ShouldNotBeNull().ShouldStartWith("whsec_");
        first.GetProperty("previous_secret").ValueKind.ShouldBe(JsonValueKind.Null);
        using var rotated = await server.Client.PostAsync("/v1/flows/signs/completion-webhook/secret", content: null);
        var second = await StudioServer.JsonAsync(rotated);
        second.GetProperty("previous_secret").GetString().ShouldBe(first.GetProperty("secret").GetString());
        (await server.GetJsonAsync("/v1/flows/signs/completion-webhook/secret")).GetProperty("secret").GetString().ShouldBe(second.GetProperty("secret").GetString());
    }

    [Fact]
    public async Task A_test_gives_the_receivers_answer()
    {
        await using var receiver = await Receiver.StartAsync(Receiver.With(418));
        await server.AddFlowAsync("tests");
        using var nowhere = await server.Client.PostAsync("/v1/flows/tests/completion-webhook/test", content: null);
        nowhere.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        using var tested = await server.Client.PostAsJsonAsync("/v1/flows/tests/completion-webhook/test", new { url = receiver.Url() });
        tested.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await StudioServer.JsonAsync(tested)).GetProperty("status_code").GetInt32().ShouldBe(418);
        JsonDocument.Parse(receiver.Calls.ShouldHaveSingleItem().Body).RootElement.GetProperty("type").GetString().ShouldBe("run.test");
    }

    [Fact]
    public async Task Deliveries_are_listed_by_run_flow_and_status()
    {
        await using var receiver = await Receiver.StartAsync(Receiver.With(500));
        var flow = await server.AddFlowAsync("lists", more: new { completion_webhook = receiver.Url() });
        for (var i = 0; i < 3; i++)
            await StudioServer.RunIdAsync(await server.PostWebhookAsync("lists", "{}"));
        await EngineFixture.UntilAsync(async () => (await ItemsAsync("/v1/deliveries?flow=lists&status=pending")).Count == 3, "three are pending");
        var page = await server.GetJsonAsync($"/v1/deliveries?flow={flow}&limit=2");
        page.GetProperty("items").GetArrayLength().ShouldBe(2);
        (await ItemsAsync($"/v1/deliveries?flow={flow}&limit=2&cursor={page.GetProperty("next_cursor").GetString()}")).Count.ShouldBe(1);
        (await ItemsAsync("/v1/deliveries?flow=lists&status=delivered")).ShouldBeEmpty();
        foreach (var (path, status) in new[]
        {
            ("/v1/deliveries?status=lost", HttpStatusCode.BadRequest), ("/v1/deliveries?cursor=x", HttpStatusCode.BadRequest), ("/v1/deliveries?limit=0", HttpStatusCode.BadRequest),
            ("/v1/deliveries?run=x", HttpStatusCode.NotFound), ("/v1/deliveries?flow=no-such", HttpStatusCode.NotFound), ("/v1/deliveries/x", HttpStatusCode.NotFound),
            ($"/v1/deliveries/{Guid.CreateVersion7()}", HttpStatusCode.NotFound), ("/v1/flows/no-such/completion-webhook/secret", HttpStatusCode.NotFound),
        })
        {
            using var refused = await server.Client.GetAsync(path);
            refused.StatusCode.ShouldBe(status, path);
            (await StudioServer.JsonAsync(refused)).GetProperty("code").GetString().ShouldNotBeNullOrEmpty();
        }
    }

    [Fact]
    public async Task A_large_run_is_told_without_its_steps_and_input()
    {
        await using var receiver = await Receiver.StartAsync();
        await server.AddFlowAsync("large", more: new { completion_webhook = receiver.Url() });
        var run = await StudioServer.RunIdAsync(await server.PostWebhookAsync("large", JsonSerializer.Serialize(new { text = new string('x', 200_000) })));
        await UntilAsync(run, "delivered");
        var data = JsonDocument.Parse(receiver.Calls.ShouldHaveSingleItem().Body).RootElement.GetProperty("data");
        (data.TryGetProperty("steps", out _), data.TryGetProperty("input", out _), data.GetProperty("output").ValueKind is not JsonValueKind.Null).ShouldBe((false, false, true));
    }

    async Task<JsonElement> UntilAsync(Guid run, string status)
    {
        JsonElement seen = default;
        await EngineFixture.UntilAsync(
            async () => (await ItemsAsync($"/v1/deliveries?run={run}")) is [var only] && (seen = only).GetProperty("status").GetString() == status, $"the run's delivery is {status}; it is {seen}");
        return seen;
    }

    async Task<IReadOnlyList<JsonElement>> ItemsAsync(string path) => [.. (await server.GetJsonAsync(path)).GetProperty("items").EnumerateArray()];
}
