using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowStudio.Engine.Flows;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

public class NativeFlowsTests(StudioServer server) : IClassFixture<StudioServer>
{
    [Fact]
    public async Task A_flow_is_created_read_changed_and_deleted()
    {
        using var created = await server.Client.PostAsync("/v1/flows", NativeRunsTests.Json("""{"name":"First","endpoint_name":"first","tags":["a","b","a"],"limits":{"retries":1}}"""));
        created.StatusCode.ShouldBe(HttpStatusCode.Created);
        var flow = await StudioServer.JsonAsync(created);
        created.Headers.Location?.ToString().ShouldBe($"/v1/flows/{flow.GetProperty("id").GetString()}");
        created.Headers.ETag?.Tag.ShouldBe("\"1\"");
        flow.GetProperty("access").GetString().ShouldBe("token");
        flow.GetProperty("tags").EnumerateArray().Select(t => t.GetString()).ShouldBe(["a", "b"]);
        flow.GetProperty("document").GetProperty("nodes").GetArrayLength().ShouldBe(0);

        using var saved = await server.Client.PutAsync("/v1/flows/first", NativeRunsTests.Json("""{"description":"now described","endpoint_name":null}"""));
        saved.StatusCode.ShouldBe(HttpStatusCode.OK);
        saved.Headers.ETag?.Tag.ShouldBe("\"2\"");
        var changed = await StudioServer.JsonAsync(saved);
        changed.GetProperty("name").GetString().ShouldBe("First");
        changed.GetProperty("description").GetString().ShouldBe("now described");
        changed.GetProperty("endpoint_name").ValueKind.ShouldBe(JsonValueKind.Null);
        changed.GetProperty("limits").GetProperty("retries").GetInt32().ShouldBe(1);

        var path = created.Headers.Location?.ToString();
        using var deleted = await server.Client.DeleteAsync(path);
        deleted.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var gone = await server.Client.GetAsync(path);
        gone.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task What_was_read_can_be_sent_back()
    {
        await server.AddFlowAsync("mirror");
        var flow = await server.GetJsonAsync("/v1/flows/mirror");
        using var saved = await server.Client.PutAsync("/v1/flows/mirror", NativeRunsTests.Json(flow.GetRawText()));
        saved.StatusCode.ShouldBe(HttpStatusCode.OK, await saved.Content.ReadAsStringAsync());
        JsonElement.DeepEquals((await StudioServer.JsonAsync(saved)).GetProperty("document"), flow.GetProperty("document")).ShouldBeTrue();
    }

    [Fact]
    public async Task A_stale_save_is_412_and_changes_nothing()
    {
        await server.AddFlowAsync("contested");
        using var read = await server.Client.GetAsync("/v1/flows/contested");
        var tag = read.Headers.ETag.ShouldNotBeNull();
        using var first = await SaveAsync("contested", """{"description":"mine"}""", tag.Tag);
        first.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var second = await SaveAsync("contested", """{"description":"yours"}""", tag.Tag);
        second.StatusCode.ShouldBe(HttpStatusCode.PreconditionFailed);
        await NativeRunsTests.ShouldBeProblemAsync(second, "stale_revision");
        (await server.GetJsonAsync("/v1/flows/contested")).GetProperty("description").GetString().ShouldBe("mine");
        using var any = await SaveAsync("contested", """{"description":"theirs"}""", "*");
        any.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var odd = await SaveAsync("contested", "{}", "\"x\"");
        odd.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Of_many_saves_with_one_tag_exactly_one_wins()
    {
        await server.AddFlowAsync("race");
        var statuses = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            using var response = await SaveAsync("race", $$"""{"description":"{{i}}"}""", "\"1\"");
            return response.StatusCode;
        }));
        statuses.Count(s => s is HttpStatusCode.OK).ShouldBe(1);
        statuses.Count(s => s is HttpStatusCode.PreconditionFailed).ShouldBe(19);
    }

    [Theory]
    [InlineData("""{}""", "'name' is missing")]
    [InlineData("""{"name":""}""", "'name' is empty")]
    [InlineData("""{"name":5}""", "'name' must be a text")]
    [InlineData("""{"name":"x","endpoint_name":"a b"}""", "'endpoint_name' must be")]
    [InlineData("""{"name":"x","endpoint_name":"import"}""", "path of the API")]
    [InlineData("""{"name":"x","endpoint_name":"00000000-0000-0000-0000-000000000000"}""", "look like an id")]
    [InlineData("""{"name":"x","access":"everyone"}""", "'access' must be")]
    [InlineData("""{"name":"x","tags":"a"}""", "'tags' must be")]
    [InlineData("""{"name":"x","enabled":1}""", "'enabled' must be")]
    [InlineData("""{"name":"x","limits":{"retries":-1}}""", "'retries' must be")]
    [InlineData("""{"name":"x","limits":{"run_timeout":1e300}}""", "'run_timeout' must be")]
    [InlineData("""{"name":"x","nodes":[]}""", "'nodes' is no member")]
    [InlineData("""{"name":"x","document":[]}""", "document")]
    [InlineData("""{"name":"x","document":{"schema":99}}""", "schema 99")]
    [InlineData("""{"name":"x","document":{"schema":1,"nodes":[null]}}""", "document")]
    [InlineData("""{"name":"x","document":{"schema":1,"nodes":[{"id":"a"}]}}""", "document")]
    [InlineData("""{"name":"x","document":{"schema":1,"nodes":[{"id":"a","type":"Webhook","settings":null}],"edges":[],"notes":[]}}""", "document")]
    [InlineData("null", "JSON object")]
    [InlineData("\"x\"", "JSON object")]
    public async Task A_wrong_flow_is_400_and_says_what_is_wrong(string body, string words)
    {
        using var response = await server.Client.PostAsync("/v1/flows", NativeRunsTests.Json(body));
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest, await response.Content.ReadAsStringAsync());
        (await StudioServer.JsonAsync(response)).GetProperty("detail").GetString().ShouldNotBeNull().ShouldContain(words);
    }

    [Fact]
    public async Task An_endpoint_name_belongs_to_one_flow()
    {
        await server.AddFlowAsync("taken");
        using var response = await server.Client.PostAsync("/v1/flows", NativeRunsTests.Json("""{"name":"x","endpoint_name":"taken"}"""));
        response.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        await NativeRunsTests.ShouldBeProblemAsync(response, "endpoint_name_taken");
    }

    [Fact]
    public async Task Versions_are_numbered_kept_and_restored()
    {
        await server.AddFlowAsync("numbered");
        using var one = await server.Client.PostAsync("/v1/flows/numbered/publish", NativeRunsTests.Json("""{"note":"the first"}"""));
        (await StudioServer.JsonAsync(one)).GetProperty("number").GetInt32().ShouldBe(1);
        using var same = await server.Client.PostAsync("/v1/flows/numbered/publish", content: null);
        (await StudioServer.JsonAsync(same)).GetProperty("number").GetInt32().ShouldBe(1);
        using var saved = await SaveAsync("numbered", $$"""{"document":{{FlowJson.ToText(new FlowBuilder().Node("webhook", "Webhook").Build())}}}""",
            tag: null);
        using var two = await server.Client.PostAsync("/v1/flows/numbered/publish", content: null);
        (await StudioServer.JsonAsync(two)).GetProperty("number").GetInt32().ShouldBe(2);

        var versions = (await server.GetJsonAsync("/v1/flows/numbered/versions")).GetProperty("items").EnumerateArray().ToArray();
        versions.Select(v => v.GetProperty("number").GetInt32()).ShouldBe([2, 1]);
        versions[1].GetProperty("note").GetString().ShouldBe("the first");
        (await server.GetJsonAsync("/v1/flows/numbered/versions/1")).GetProperty("document").GetProperty("nodes").GetArrayLength().ShouldBe(2);

        using var restored = await server.Client.PostAsync("/v1/flows/numbered/versions/1/restore", content: null);
        restored.StatusCode.ShouldBe(HttpStatusCode.OK);
        var draft = await StudioServer.JsonAsync(restored);
        draft.GetProperty("document").GetProperty("nodes").GetArrayLength().ShouldBe(2);
        draft.GetProperty("live_version").GetInt32().ShouldBe(2);
    }

    [Fact]
    public async Task Validation_tells_every_problem_of_a_draft_and_of_a_posted_document()
    {
        var document = new FlowBuilder().Node("webhook", "Webhook").Node("a", "NoSuchThing").Node("p", "Prompt").Edge("webhook.nowhere", "a.x").Build();
        await server.AddFlowAsync("unwell", document);
        using var stored = await server.Client.PostAsync("/v1/flows/unwell/validate", content: null);
        var check = await StudioServer.JsonAsync(stored);
        check.GetProperty("valid").GetBoolean().ShouldBeFalse();
        check.GetProperty("problems").GetArrayLength().ShouldBeGreaterThan(1);
        check.GetProperty("problems").EnumerateArray().ShouldAllBe(p => p.GetProperty("code").GetString() != "" && p.GetProperty("message").GetString() != "");
        foreach (var body in new[] { FlowJson.ToText(document), $$"""{"document":{{FlowJson.ToText(document)}}}""" })
        {
            using var posted = await server.Client.PostAsync("/v1/flows/validate", NativeRunsTests.Json(body));
            JsonElement.DeepEquals(await StudioServer.JsonAsync(posted), check).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task A_document_with_no_more_than_it_needs_is_taken()
    {
        const string document = """{"schema":1,"nodes":[{"id":"a","type":"Webhook"}]}""";
        using var check = await server.Client.PostAsync("/v1/flows/validate", NativeRunsTests.Json(document));
        (await StudioServer.JsonAsync(check)).GetProperty("valid").GetBoolean().ShouldBeTrue(await check.Content.ReadAsStringAsync());
        using var created = await server.Client.PostAsync("/v1/flows",
            NativeRunsTests.Json($$"""{"name":"bare","endpoint_name":"bare","access":"open","document":{{document}}}"""));
        created.StatusCode.ShouldBe(HttpStatusCode.Created, await created.Content.ReadAsStringAsync());
        using var run = await server.PostWebhookAsync("bare", "{}");
        (await server.EndOfAsync(await StudioServer.RunIdAsync(run))).GetProperty("status").GetString().ShouldBe("succeeded");
    }

    [Fact]
    public async Task An_exported_flow_comes_back_the_same_under_a_free_name()
    {
        await server.AddFlowAsync("exported", more: new { description = "to go", tags = new[] { "x" }, limits = new { retries = 2 } });
        using var export = await server.Client.GetAsync("/v1/flows/exported/export");
        export.Content.Headers.ContentDisposition?.FileName.ShouldBe("exported.flow.json");
        var file = await export.Content.ReadAsStringAsync();
        for (var i = 1; i <= 2; i++)
        {
            using var imported = await server.Client.PostAsync("/v1/flows/import", NativeRunsTests.Json(file));
            imported.StatusCode.ShouldBe(HttpStatusCode.Created, await imported.Content.ReadAsStringAsync());
            var item = (await StudioServer.JsonAsync(imported)).GetProperty("items")[0];
            item.GetProperty("name").GetString().ShouldBe($"exported-{i}");
            item.GetProperty("endpoint_name").GetString().ShouldBe($"exported-{i}");
            var again = JsonNode.Parse(await server.Client.GetStringAsync($"/v1/flows/exported-{i}/export")).ShouldNotBeNull();
            again["name"] = "exported";
            again["endpoint_name"] = "exported";
            JsonNode.DeepEquals(again, JsonNode.Parse(file)).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task All_flows_go_out_and_come_into_another_server()
    {
        await server.AddFlowAsync("one-of-all");
        var all = await server.Client.GetStringAsync("/v1/flows/export");
        await using var other = await StudioServer.StartAsync();
        using var imported = await other.Client.PostAsync("/v1/flows/import", NativeRunsTests.Json(all));
        imported.StatusCode.ShouldBe(HttpStatusCode.Created);
        var names = (await StudioServer.JsonAsync(imported)).GetProperty("items").EnumerateArray().Select(f => f.GetProperty("endpoint_name").GetString())
            .ToArray();
        names.ShouldContain("one-of-all");
        names.ShouldContain("tutorial-1");
        using var run = await other.PostWebhookAsync("one-of-all", "{}");
        (await other.EndOfAsync(await StudioServer.RunIdAsync(run))).GetProperty("status").GetString().ShouldBe("succeeded");
    }

    [Theory]
    [InlineData("{}", "unknown_format")]
    [InlineData("[]", null)]
    [InlineData("[1]", "unknown_format")]
    [InlineData("""{"format":"flowstudio.flow"}""", "unknown_schema")]
    [InlineData("""{"format":"flowstudio.flow","schema":2,"document":{}}""", "unknown_schema")]
    [InlineData("""{"format":"flowstudio.flow","schema":1,"name":"x"}""", "invalid_body")]
    [InlineData("""{"format":"flowstudio.flow","schema":1,"document":{"schema":1}}""", "invalid_body")]
    [InlineData("""[{"format":"flowstudio.flow","schema":1,"name":"half","document":{"schema":1,"nodes":[],"edges":[],"notes":[]}},{"format":"other"}]""", "unknown_format")]
    public async Task A_wrong_file_is_refused_and_leaves_nothing(string body, string? code)
    {
        using var response = await server.Client.PostAsync("/v1/flows/import", NativeRunsTests.Json(body));
        if (code is null)
        {
            (await StudioServer.JsonAsync(response)).GetProperty("items").GetArrayLength().ShouldBe(0);
            return;
        }
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        await NativeRunsTests.ShouldBeProblemAsync(response, code);
        (await server.GetJsonAsync("/v1/flows?q=half")).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Variables_are_set_listed_with_their_uses_and_never_read_back()
    {
        await server.AddFlowAsync("uses-a-key", new FlowBuilder().Node("webhook", "Webhook").Node("m", "LLM",
            new { provider = "openai", api_key = "MY_KEY", system_message = new { variable = "MY_TONE", format = "Be {value}." } })
            .Edge("webhook.method", "m.input_value").Build());
        using var secret = await server.Client.PutAsync("/v1/variables/MY_KEY", NativeRunsTests.Json("""{"value":"canary-8d1f"}"""));
        secret.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var generic = await server.Client.PutAsync("/v1/variables/MY_TONE", NativeRunsTests.Json("""{"value":"canary-77aa","kind":"generic"}"""));
        generic.StatusCode.ShouldBe(HttpStatusCode.OK);
        var text = await secret.Content.ReadAsStringAsync() + await generic.Content.ReadAsStringAsync() + await server.Client.GetStringAsync("/v1/variables") +
            await server.Client.GetStringAsync("/v1/flows/export");
        text.ShouldNotContain("canary");
        var listed = (await server.GetJsonAsync("/v1/variables")).GetProperty("items").EnumerateArray()
            .Where(v => v.GetProperty("source").GetString() == "stored").ToArray();
        listed.Select(v => (v.GetProperty("name").GetString(), v.GetProperty("kind").GetString())).ShouldBe([("MY_KEY", "secret"), ("MY_TONE", "generic")]);
        listed[0].GetProperty("used_by")[0].GetProperty("node_id").GetString().ShouldBe("m");
        listed[0].GetProperty("used_by")[0].GetProperty("field").GetString().ShouldBe("api_key");
        listed[1].GetProperty("used_by")[0].GetProperty("field").GetString().ShouldBe("system_message");
        using var deleted = await server.Client.DeleteAsync("/v1/variables/MY_KEY");
        deleted.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var gone = await server.Client.DeleteAsync("/v1/variables/MY_KEY");
        gone.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("1X", """{"value":"x"}""", "invalid_name")]
    [InlineData("A-B", """{"value":"x"}""", "invalid_name")]
    [InlineData("X", """{"value":""}""", "invalid_value")]
    [InlineData("X", """{}""", "invalid_body")]
    [InlineData("X", """{"value":5}""", "invalid_body")]
    [InlineData("X", """{"value":"x","kind":"public"}""", "invalid_body")]
    public async Task A_wrong_variable_is_400(string name, string body, string code)
    {
        using var response = await server.Client.PutAsync($"/v1/variables/{name}", NativeRunsTests.Json(body));
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        await NativeRunsTests.ShouldBeProblemAsync(response, code);
    }

    [Fact]
    public async Task The_catalog_is_whole_and_every_icon_is_an_image()
    {
        var components = (await server.GetJsonAsync("/v1/components")).GetProperty("items").EnumerateArray().ToArray();
        components.Length.ShouldBeGreaterThan(7);
        foreach (var component in components)
        {
            using var icon = await server.Client.GetAsync(component.GetProperty("icon").GetString());
            icon.StatusCode.ShouldBe(HttpStatusCode.OK);
            icon.Content.Headers.ContentType?.MediaType.ShouldBe("image/svg+xml");
            JsonElement.DeepEquals(await server.GetJsonAsync($"/v1/components/{component.GetProperty("type").GetString()}"), component).ShouldBeTrue();
        }
    }

    async Task<HttpResponseMessage> SaveAsync(string flow, string body, string? tag)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/v1/flows/{flow}") { Content = NativeRunsTests.Json(body) };
        if (tag is not null)
            request.Headers.TryAddWithoutValidation("If-Match", tag);
        return await server.Client.SendAsync(request);
    }
}
