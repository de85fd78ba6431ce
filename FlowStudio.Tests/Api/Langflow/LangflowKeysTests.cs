using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api.Langflow;

/// <summary>Keys, projects and flows by id, as Langflow's clients ask for them.</summary>
public class LangflowKeysTests(StudioServer server) : IClassFixture<StudioServer>
{
    [Fact]
    public async Task A_key_is_made_shown_once_listed_and_revoked()
    {
        using var response = await server.Client.PostAsJsonAsync("/api/v1/api_key/", new { name = "My client" });
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        response.Headers.CacheControl.ShouldNotBeNull().NoStore.ShouldBeTrue();
        var made = await StudioServer.JsonAsync(response);
        var key = made.GetProperty("api_key").GetString().ShouldNotBeNull();
        (made.GetProperty("name").GetString(), made.GetProperty("total_uses").GetInt32(), made.GetProperty("is_active").GetBoolean(), made.GetProperty("last_used_at").ValueKind)
            .ShouldBe(("My client", 0, true, JsonValueKind.Null));
        made.GetProperty("id").GetGuid().ShouldNotBe(Guid.Empty);

        using (var use = new HttpRequestMessage(HttpMethod.Get, "/api/v1/flows/") { Headers = { { "x-api-key", key } } })
        using (var used = await server.Client.SendAsync(use))
            used.StatusCode.ShouldBe(HttpStatusCode.OK);
        var list = await server.GetJsonAsync("/api/v1/api_key/");
        list.GetRawText().ShouldNotContain(key);
        list.GetProperty("total_count").GetInt32().ShouldBe(list.GetProperty("api_keys").GetArrayLength());
        var listed = list.GetProperty("api_keys").EnumerateArray().Single(k => k.GetProperty("id").GetString() == made.GetProperty("id").GetString());
        listed.GetProperty("api_key").GetString().ShouldNotBeNull().ShouldStartWith(key[..8]);
        listed.GetProperty("last_used_at").ValueKind.ShouldBe(JsonValueKind.String);

        using var deleted = await server.Client.DeleteAsync($"/api/v1/api_key/{made.GetProperty("id").GetString()}");
        (await StudioServer.JsonAsync(deleted)).GetRawText().ShouldBe("""{"detail":"API Key deleted"}""");
        using var again = await server.Client.DeleteAsync($"/api/v1/api_key/{made.GetProperty("id").GetString()}");
        again.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("POST", "/api/v1/api_key/", "", 422)]
    [InlineData("POST", "/api/v1/api_key/", "[]", 422)]
    [InlineData("POST", "/api/v1/api_key/", "{\"name\":7}", 422)]
    [InlineData("POST", "/api/v1/api_key/", "{\"name\":\"two\\nlines\"}", 400)]
    [InlineData("POST", "/api/v1/api_key/", "{\"name\":\"x\",\"api_key\":\"sk-mine\"}", 422)]
    [InlineData("POST", "/api/v1/api_key/", "{\"name\":\"x\",\"role\":\"admin\"}", 422)]
    [InlineData("DELETE", "/api/v1/api_key/seven", null, 422)]
    [InlineData("DELETE", "/api/v1/api_key/019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41", null, 400)]
    [InlineData("PUT", "/api/v1/api_key/", "{}", 405)]
    [InlineData("GET", "/api/v1/projects/seven", null, 422)]
    [InlineData("GET", "/api/v1/projects/019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41", null, 404)]
    [InlineData("GET", "/api/v1/projects/00000000-0000-4000-8000-000000000002?page=0&size=1", null, 422)]
    [InlineData("POST", "/api/v1/projects/", "{\"name\":\"x\"}", 405)]
    [InlineData("POST", "/api/v1/projects/upload/", "{}", 422)]
    [InlineData("GET", "/api/v1/folders/download/seven", null, 422)]
    [InlineData("PUT", "/api/v1/flows/seven", "{}", 422)]
    [InlineData("PUT", "/api/v1/flows/019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41", "{}", 422)]
    [InlineData("PUT", "/api/v1/flows/019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41", "{\"name\":\"x\",\"data\":[]}", 422)]
    public async Task What_does_not_fit_is_told_in_FastAPI_s_shape(string method, string path, string? body, int status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await server.Client.SendAsync(request);
        ((int)response.StatusCode).ShouldBe(status, await response.Content.ReadAsStringAsync());
        (await StudioServer.JsonAsync(response)).EnumerateObject().ShouldHaveSingleItem().Name.ShouldBe("detail");
    }

    [Fact]
    public async Task All_flows_are_in_the_one_project()
    {
        var id = await server.AddFlowAsync("in-the-project");
        var project = (await server.GetJsonAsync("/api/v1/projects/")).EnumerateArray().ShouldHaveSingleItem();
        var flow = await server.GetJsonAsync($"/api/v1/flows/{id}");
        flow.GetProperty("folder_id").GetString().ShouldBe(project.GetProperty("id").GetString());
        var whole = await server.GetJsonAsync($"/api/v1/folders/{project.GetProperty("id").GetString()}");
        whole.GetProperty("flows").EnumerateArray().ShouldContain(f => f.GetProperty("id").GetGuid() == id);
        var page = await server.GetJsonAsync($"/api/v1/projects/{project.GetProperty("id").GetString()}?page=1&size=1&search=in-the-proj");
        page.GetProperty("flows").GetProperty("items").EnumerateArray().ShouldHaveSingleItem().GetProperty("id").GetGuid().ShouldBe(id);
        page.GetProperty("flows").GetProperty("total").GetInt32().ShouldBe(1);
        using var zip = await server.Client.GetAsync($"/api/v1/projects/download/{project.GetProperty("id").GetString()}");
        (zip.StatusCode, zip.Content.Headers.ContentType?.MediaType).ShouldBe((HttpStatusCode.OK, "application/x-zip-compressed"));
    }

    [Fact]
    public async Task A_flow_is_put_under_an_id_created_then_replaced()
    {
        var path = $"/api/v1/flows/{Guid.Parse("019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c42")}";
        var file = LangflowFiles.Flow($"{LangflowFiles.Node("In-1", "ChatInput")},{LangflowFiles.Node("Out-1", "ChatOutput")}", LangflowFiles.Edge("In-1", "message", "Out-1", "input_value"),
            "\"endpoint_name\":\"put-here\"");
        using var created = await PutAsync(path, file);
        created.StatusCode.ShouldBe(HttpStatusCode.Created, await created.Content.ReadAsStringAsync());
        (await StudioServer.JsonAsync(created)).GetProperty("id").GetString().ShouldBe(path[^36..]);
        using var replaced = await PutAsync(path, """{"name":"Other","data":{"nodes":[],"edges":[]}}""");
        replaced.StatusCode.ShouldBe(HttpStatusCode.OK, await replaced.Content.ReadAsStringAsync());
        var flow = await server.GetJsonAsync(path);
        (flow.GetProperty("name").GetString(), flow.GetProperty("endpoint_name").GetString(), flow.GetProperty("data").GetProperty("nodes").GetArrayLength()).ShouldBe(("Other", "put-here", 0));
        using var taken = await PutAsync($"/api/v1/flows/{Guid.Parse("019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c43")}", file);
        taken.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await StudioServer.JsonAsync(taken)).GetRawText().ShouldBe("""{"detail":"Endpoint name must be unique"}""");
        // Deleted and put again: it is the same flow.
        using var deleted = await server.Client.DeleteAsync(path);
        deleted.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var back = await PutAsync(path, file);
        back.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await StudioServer.JsonAsync(back)).GetProperty("data").GetProperty("nodes").GetArrayLength().ShouldBe(2);
        var both = await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            using var response = await PutAsync("/api/v1/flows/019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c44", """{"name":"At once"}""");
            return (int)response.StatusCode;
        }));
        both.Order().ShouldBe([200, 200, 200, 201]);
    }

    Task<HttpResponseMessage> PutAsync(string path, string body) => server.Client.PutAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
}
