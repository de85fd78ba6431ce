using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

/// <summary>Flows in zips, tags, and flows that come back after they were deleted.</summary>
public class FlowFilesTests(FlowFilesTests.SmallServer server) : IClassFixture<FlowFilesTests.SmallServer>
{
    /// <summary>Takes bodies of 256 KB at most, so that a zip that is too large can be small.</summary>
    public sealed class SmallServer() : StudioServer(["--FlowStudio:Intake:MaxBodyBytes=262144"]);

    [Fact]
    public async Task Some_flows_go_into_a_zip_and_come_back_from_it()
    {
        var ids = new List<Guid> { await server.AddFlowAsync("zip-one", more: new { description = "first", tags = new[] { "x" } }), await server.AddFlowAsync("zip-two") };
        using var export = await server.Client.PostAsJsonAsync("/v1/flows/export", new { ids = new object[] { ids[0], "zip-two" } });
        export.StatusCode.ShouldBe(HttpStatusCode.OK, await export.Content.ReadAsStringAsync());
        export.Content.Headers.ContentType?.MediaType.ShouldBe("application/zip");
        export.Content.Headers.ContentDisposition?.FileName.ShouldBe("flows.zip");
        var zip = await export.Content.ReadAsByteArrayAsync();
        Entries(zip).ShouldBe(["zip-one.flow.json", "zip-two.flow.json"]);
        var items = (await StudioServer.JsonAsync(await ImportAsync(zip, HttpStatusCode.Created))).GetProperty("items");
        items.EnumerateArray().Select(i => i.GetProperty("name").GetString()).ShouldBe(["zip-one-1", "zip-two-1"]);
        items[0].GetProperty("description").GetString().ShouldBe("first");
        items[0].GetProperty("tags")[0].GetString().ShouldBe("x");
    }

    [Fact]
    public async Task All_flows_go_into_a_zip_with_a_name_of_its_own_for_each()
    {
        var body = new { name = "Grüße / 1", document = new { schema = 1 } };
        foreach (var _ in "ab")
            (await server.Client.PostAsJsonAsync("/v1/flows", body)).StatusCode.ShouldBe(HttpStatusCode.Created);
        var entries = Entries(await server.Client.GetByteArrayAsync("/v1/flows/export?format=zip"));
        entries.ShouldContain("tutorial.flow.json");
        entries.ShouldContain("Gr--e---1.flow.json");
        entries.ShouldContain("Gr--e---1-2.flow.json");
        using var wrong = await server.Client.GetAsync("/v1/flows/export?format=tar");
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task What_systems_put_into_zips_beside_the_files_is_passed_over()
    {
        var zip = Zip(("folder/", ""), ("folder/a.flow.json", File("clutter")), ("folder/.DS_Store", "x"), ("__MACOSX/folder/._a.flow.json", "x"));
        var items = (await StudioServer.JsonAsync(await ImportAsync(zip, HttpStatusCode.Created))).GetProperty("items");
        items.GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task A_zip_with_one_wrong_file_leaves_nothing_behind_and_names_it()
    {
        var before = (await server.GetJsonAsync("/v1/flows?q=halfway")).GetProperty("items").GetArrayLength();
        var zip = Zip(("good.flow.json", File("halfway")), ("bad.flow.json", """{"format":"flowstudio.flow","schema":1,"name":"","document":{"schema":1}}"""));
        var answer = await StudioServer.JsonAsync(await ImportAsync(zip, HttpStatusCode.BadRequest));
        answer.GetProperty("detail").GetString().ShouldBe("bad.flow.json in the zip: 'name' is empty.");
        (await server.GetJsonAsync("/v1/flows?q=halfway")).GetProperty("items").GetArrayLength().ShouldBe(before);
    }

    [Theory]
    [InlineData("notes.txt", "hello", "not_json", "notes.txt, which is no JSON file")]
    [InlineData("a.json", "{oops", "invalid_json", "a.json in the zip:")]
    [InlineData("empty/", "", "empty_zip", "no file of a flow")]
    public async Task What_is_no_file_of_a_flow_is_said_by_its_name(string name, string content, string code, string words)
    {
        var answer = await StudioServer.JsonAsync(await ImportAsync(Zip((name, content)), HttpStatusCode.BadRequest));
        answer.GetProperty("code").GetString().ShouldBe(code);
        answer.GetProperty("detail").GetString().ShouldNotBeNull().ShouldContain(words);
    }

    [Fact]
    public async Task A_zip_that_unpacks_to_more_than_a_body_may_have_is_refused_while_it_is_unpacked()
    {
        var zip = Zip(("bomb.json", "[\"" + new string('a', 3_000_000) + "\"]"));
        zip.Length.ShouldBeLessThan(100_000);
        var answer = await StudioServer.JsonAsync(await ImportAsync(zip, HttpStatusCode.RequestEntityTooLarge));
        answer.GetProperty("code").GetString().ShouldBe("zip_too_large");
        // Not one of them is too large, only all together.
        var half = "[\"" + new string('a', 150_000) + "\"]";
        (await StudioServer.JsonAsync(await ImportAsync(Zip(("a.json", half), ("b.json", half)), HttpStatusCode.RequestEntityTooLarge))).GetProperty("code").GetString().ShouldBe("zip_too_large");
    }

    [Fact]
    public async Task A_zip_of_too_many_files_or_of_none_is_refused()
    {
        var many = Zip([.. Enumerable.Range(0, 1001).Select(i => ($"{i}.json", "[]"))]);
        (await StudioServer.JsonAsync(await ImportAsync(many, HttpStatusCode.BadRequest))).GetProperty("code").GetString().ShouldBe("too_many_files");
        (await StudioServer.JsonAsync(await ImportAsync("PK no zip"u8.ToArray(), HttpStatusCode.BadRequest))).GetProperty("code").GetString().ShouldBe("invalid_zip");
        (await StudioServer.JsonAsync(await ImportAsync([], HttpStatusCode.BadRequest))).GetProperty("code").GetString().ShouldBe("invalid_zip");
    }

    [Fact]
    public async Task A_file_of_Langflow_is_taken_and_told_about()
    {
        using var response = await server.Client.PostAsync("/v1/flows/import", NativeRunsTests.Json("""{"name":"x","data":{"nodes":[],"edges":[],"viewport":{}}}"""));
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        var item = (await StudioServer.JsonAsync(response)).GetProperty("items")[0];
        item.GetProperty("import").GetProperty("source").GetString().ShouldBe("Langflow");
        using var wrong = await server.Client.PostAsync("/v1/flows/import", NativeRunsTests.Json("""{"name":"x","is_component":true,"data":{"nodes":[],"edges":[]}}"""));
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await StudioServer.JsonAsync(wrong)).GetProperty("code").GetString().ShouldBe("invalid_flow_file");
    }

    [Theory]
    [InlineData("{}", 400)]
    [InlineData("""{"ids":[]}""", 400)]
    [InlineData("""{"ids":"tutorial"}""", 400)]
    [InlineData("""{"ids":["nobody"]}""", 404)]
    public async Task A_choice_of_flows_that_is_none_is_refused(string body, int status)
    {
        using var response = await server.Client.PostAsync("/v1/flows/export", NativeRunsTests.Json(body));
        ((int)response.StatusCode).ShouldBe(status);
    }

    [Fact]
    public async Task Flows_are_listed_by_tag()
    {
        await server.AddFlowAsync("tagged", more: new { tags = new[] { "only here" } });
        var items = (await server.GetJsonAsync("/v1/flows?tag=only%20here")).GetProperty("items").EnumerateArray().ToList();
        items.ShouldHaveSingleItem().GetProperty("name").GetString().ShouldBe("tagged");
        (await server.GetJsonAsync("/v1/flows?tag=only")).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_deleted_flow_comes_back_with_its_versions_and_its_token()
    {
        var id = await server.AddFlowAsync("regretted", access: "token");
        (await server.Client.PostAsync($"/v1/flows/{id}/publish", null)).StatusCode.ShouldBe(HttpStatusCode.OK);
        var token = (await server.GetJsonAsync($"/v1/flows/{id}/webhook-token")).GetProperty("token").GetString().ShouldNotBeNull();
        (await server.Client.DeleteAsync("/v1/flows/regretted")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await server.PostWebhookAsync("regretted", "{}", ("X-Webhook-Token", token))).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        using var back = await server.Client.PostAsync($"/v1/flows/{id}/undelete", null);
        back.StatusCode.ShouldBe(HttpStatusCode.OK, await back.Content.ReadAsStringAsync());
        (await StudioServer.JsonAsync(back)).GetProperty("live_version").GetInt32().ShouldBe(1);
        using var started = await server.PostWebhookAsync("regretted", "{}", ("X-Webhook-Token", token));
        (await server.EndOfAsync(await StudioServer.RunIdAsync(started))).GetProperty("status").GetString().ShouldBe("succeeded");

        using var again = await server.Client.PostAsync($"/v1/flows/{id}/undelete", null);
        again.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        using var nonsense = await server.Client.PostAsync("/v1/flows/regretted/undelete", null);
        nonsense.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    async Task<HttpResponseMessage> ImportAsync(byte[] zip, HttpStatusCode status)
    {
        using var content = new ByteArrayContent(zip);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/zip");
        var response = await server.Client.PostAsync("/v1/flows/import", content);
        response.StatusCode.ShouldBe(status, await response.Content.ReadAsStringAsync());
        return response;
    }

    static string File(string name) => JsonSerializer.Serialize(new { format = "flowstudio.flow", schema = 1, name, document = new { schema = 1 } });

    static byte[] Zip(params (string Name, string Content)[] files)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write(Encoding.UTF8.GetBytes(content));
            }
        }
        return stream.ToArray();
    }

    static List<string> Entries(byte[] bytes)
    {
        using var zip = new ZipArchive(new MemoryStream(bytes));
        return [.. zip.Entries.Select(e => e.FullName)];
    }
}
