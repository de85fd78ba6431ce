using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api.Langflow;

/// <summary>Langflow's files and flows at the real server.</summary>
public class LangflowFlowsTests(StudioServer server) : IClassFixture<StudioServer>
{
    public static TheoryData<string> Names => LangflowFiles.Names;

    [Theory, MemberData(nameof(Names))]
    public async Task An_imported_flow_runs_with_the_demo_model(string name)
    {
        using var import = await server.PostAsync("/v1/flows/import?demo_model=true", Encoding.UTF8.GetBytes(LangflowFiles.Read(name).GetRawText()));
        import.StatusCode.ShouldBe(HttpStatusCode.Created, await import.Content.ReadAsStringAsync());
        var item = (await StudioServer.JsonAsync(import)).GetProperty("items")[0];
        var report = item.GetProperty("import");
        report.GetProperty("missing_keys").GetArrayLength().ShouldBe(0);
        using var response = await server.PostAsync($"/v1/flows/{item.GetProperty("id").GetString()}/runs?wait=60", """{"input":"Hello there"}"""u8.ToArray());
        var run = await StudioServer.JsonAsync(response);
        if (report.GetProperty("placeholders").GetArrayLength() == 0)
        {
            run.GetProperty("status").GetString().ShouldBe("succeeded", run.GetProperty("error").ToString());
            run.GetProperty("output").ToString().Length.ShouldBeGreaterThan(20);
        }
        else
        {
            run.GetProperty("status").GetString().ShouldBe("failed");
            run.GetProperty("error").GetProperty("message").GetString().ShouldNotBeNull().ShouldContain("there is no component ArXivComponent here");
        }
    }

    [Fact]
    public async Task A_placeholder_blocks_only_the_paths_through_it()
    {
        var file = LangflowFiles.Flow(
            $"{LangflowFiles.Node("In-1", "ChatInput")},{LangflowFiles.Node("Odd-1", "Oddity")},{LangflowFiles.Node("Out-1", "ChatOutput")},{LangflowFiles.Node("Out-2", "TextOutput")}",
            string.Join(',', LangflowFiles.Edge("In-1", "message", "Odd-1", "text"), LangflowFiles.Edge("Odd-1", "text", "Out-1", "input_value"), LangflowFiles.Edge("In-1", "message", "Out-2", "input_value")));
        using var import = await server.PostAsync("/v1/flows/import", Encoding.UTF8.GetBytes(file));
        var id = (await StudioServer.JsonAsync(import)).GetProperty("items")[0].GetProperty("id").GetString();
        using var response = await server.PostAsync($"/v1/flows/{id}/runs?wait=60", """{"input":"Hello"}"""u8.ToArray());
        var run = await StudioServer.JsonAsync(response);
        run.GetProperty("status").GetString().ShouldBe("succeeded", run.GetProperty("error").ToString());
        run.GetProperty("output").GetString().ShouldBe("Hello");
        var steps = run.GetProperty("steps").EnumerateArray().ToDictionary(s => s.GetProperty("node_id").GetString() ?? "", s => s.GetProperty("status").GetString());
        (steps["Odd-1"], steps["Out-1"], steps["Out-2"]).ShouldBe(("failed", "skipped", "succeeded"));
    }

    [Fact]
    public async Task Flows_are_made_read_changed_and_deleted_as_Langflow_s_clients_do()
    {
        var file = LangflowFiles.Read("basic-prompting.json");
        // A name of its own: other tests of this server import the same file, and a second flow of a name gets another.
        var named = JsonNode.Parse(file.GetRawText()).ShouldNotBeNull();
        named["name"] = "Made by a client";
        var body = Encoding.UTF8.GetBytes(named.ToJsonString());
        using var created = await server.PostAsync("/api/v1/flows/", body);
        created.StatusCode.ShouldBe(HttpStatusCode.Created, await created.Content.ReadAsStringAsync());
        var flow = await StudioServer.JsonAsync(created);
        flow.GetProperty("data").ShouldEqual(file.GetProperty("data"));
        using var again = await server.PostAsync("/api/v1/flows/", body);
        (await StudioServer.JsonAsync(again)).GetProperty("name").GetString().ShouldBe("Made by a client (1)");

        var path = $"/api/v1/flows/{flow.GetProperty("id").GetString()}";
        (await server.GetJsonAsync(path)).ShouldEqual(flow);
        using var patched = await server.Client.PatchAsJsonAsync(path, new { name = "Changed", endpoint_name = "changed-flow" });
        patched.StatusCode.ShouldBe(HttpStatusCode.OK, await patched.Content.ReadAsStringAsync());
        var changed = await server.GetJsonAsync(path);
        (changed.GetProperty("name").GetString(), changed.GetProperty("endpoint_name").GetString()).ShouldBe(("Changed", "changed-flow"));
        changed.GetProperty("data").ShouldEqual(flow.GetProperty("data"));
        (await server.GetJsonAsync("/api/v1/flows/?header_flows=true")).EnumerateArray().ShouldContain(f => f.GetProperty("name").GetString() == "Changed" && f.GetProperty("data").ValueKind == JsonValueKind.Null);
        (await server.GetJsonAsync("/api/v1/flows/?get_all=false&size=1&page=1")).GetProperty("items").GetArrayLength().ShouldBe(1);

        using var deleted = await server.Client.DeleteAsync(path);
        (await StudioServer.JsonAsync(deleted)).GetRawText().ShouldBe("""{"message":"Flow deleted successfully"}""");
        using var gone = await server.Client.GetAsync(path);
        gone.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await StudioServer.JsonAsync(gone)).GetRawText().ShouldBe("""{"detail":"Flow not found"}""");
    }

    [Fact]
    public async Task Flows_are_uploaded_and_downloaded()
    {
        var one = LangflowFiles.Read("memory-chatbot.json");
        var two = LangflowFiles.Read("simple-agent.json");
        var stored = await UploadAsync($$"""{"flows":[{{one.GetRawText()}},{{two.GetRawText()}}]}""", HttpStatusCode.Created);
        stored.GetArrayLength().ShouldBe(2);
        var ids = stored.EnumerateArray().Select(f => f.GetProperty("id").GetString()).ToArray();
        using var single = await server.Client.PostAsJsonAsync("/api/v1/flows/download/", new[] { ids[0] });
        (await StudioServer.JsonAsync(single)).GetProperty("data").ShouldEqual(one.GetProperty("data"));
        using var both = await server.Client.PostAsJsonAsync("/api/v1/flows/download/", ids);
        both.Content.Headers.ContentType?.MediaType.ShouldBe("application/x-zip-compressed");
        var zip = await both.Content.ReadAsByteArrayAsync();
        await using (var archive = new ZipArchive(new MemoryStream(zip)))
            archive.Entries.Select(e => e.Name).ShouldBe([.. stored.EnumerateArray().Select(f => f.GetProperty("name").GetString() + ".json")]);
        (await UploadAsync(zip, HttpStatusCode.Created)).GetArrayLength().ShouldBe(2);
        using var deleted = await server.Client.SendAsync(new HttpRequestMessage(HttpMethod.Delete, "/api/v1/flows/") { Content = JsonContent.Create(ids) });
        (await StudioServer.JsonAsync(deleted)).GetProperty("deleted").GetInt32().ShouldBe(2);
    }

    [Theory]
    [InlineData("GET", "/api/v1/flows/not-a-uuid", null, 422)]
    [InlineData("GET", "/api/v1/flows/019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41", null, 404)]
    [InlineData("PATCH", "/api/v1/flows/not-a-uuid", "{}", 422)]
    [InlineData("DELETE", "/api/v1/flows/019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41", null, 404)]
    [InlineData("GET", "/api/v1/flows/?page=0&get_all=false", null, 422)]
    [InlineData("POST", "/api/v1/flows/", "", 422)]
    [InlineData("POST", "/api/v1/flows/", "[]", 422)]
    [InlineData("POST", "/api/v1/flows/", "{}", 422)]
    [InlineData("POST", "/api/v1/flows/", "{\"name\":7}", 422)]
    [InlineData("POST", "/api/v1/flows/", "{\"name\":\"x\",\"data\":[]}", 422)]
    [InlineData("POST", "/api/v1/flows/batch/", "{\"flows\":{}}", 422)]
    [InlineData("POST", "/api/v1/flows/batch/", "{\"flows\":[1]}", 422)]
    [InlineData("POST", "/api/v1/flows/download/", "{}", 422)]
    [InlineData("POST", "/api/v1/flows/download/", "[\"x\"]", 422)]
    [InlineData("POST", "/api/v1/flows/download/", "[]", 404)]
    [InlineData("DELETE", "/api/v1/flows/", "{\"a\":1}", 422)]
    [InlineData("POST", "/api/v1/flows/upload/", "{}", 422)]
    [InlineData("PUT", "/api/v1/flows/", "{}", 405)]
    [InlineData("GET", "/api/v1/nowhere", null, 404)]
    public async Task What_does_not_fit_is_told_in_FastAPI_s_shape(string method, string path, string? body, int status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await server.Client.SendAsync(request);
        ((int)response.StatusCode).ShouldBe(status, await response.Content.ReadAsStringAsync());
        (await StudioServer.JsonAsync(response)).EnumerateObject().ShouldHaveSingleItem().Name.ShouldBe("detail");
    }

    [Theory]
    [MemberData(nameof(HostileBodies.Names), MemberType = typeof(HostileBodies))]
    public async Task Hostile_bodies_break_nothing(string name)
    {
        var (body, _) = HostileBodies.Of(name);
        foreach (var path in (string[])["/api/v1/flows/", "/api/v1/flows/batch/", "/api/v1/flows/download/"])
        {
            using var response = await server.PostAsync(path, body);
            ((int)response.StatusCode).ShouldBeLessThan(500, $"{path}: {await response.Content.ReadAsStringAsync()}");
            if (!response.IsSuccessStatusCode)
                (await StudioServer.JsonAsync(response)).TryGetProperty("detail", out _).ShouldBeTrue(path);
        }
        using var form = new MultipartFormDataContent { { new ByteArrayContent(body), "file", "flow.json" } };
        using var upload = await server.Client.PostAsync("/api/v1/flows/upload/", form);
        ((int)upload.StatusCode).ShouldBeLessThan(500, await upload.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_form_that_breaks_off_is_refused()
    {
        using var content = new ByteArrayContent("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.json\"\r\n\r\n{}"u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=x");
        using var response = await server.Client.PostAsync("/api/v1/flows/upload/", content);
        ((int)response.StatusCode).ShouldBeInRange(400, 422);
        (await StudioServer.JsonAsync(response)).TryGetProperty("detail", out _).ShouldBeTrue();
    }

    Task<JsonElement> UploadAsync(string json, HttpStatusCode expected) => UploadAsync(Encoding.UTF8.GetBytes(json), expected);

    async Task<JsonElement> UploadAsync(byte[] file, HttpStatusCode expected)
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(file), "file", "flows.json" } };
        using var response = await server.Client.PostAsync("/api/v1/flows/upload/", form);
        response.StatusCode.ShouldBe(expected, await response.Content.ReadAsStringAsync());
        return await StudioServer.JsonAsync(response);
    }
}
