using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

public class FilesTests(StudioServer server) : IClassFixture<StudioServer>
{
    [Fact]
    public async Task A_file_comes_back_as_it_was_sent_to_be_saved_and_not_shown()
    {
        var bytes = RandomNumberGenerator.GetBytes(300_000);
        using var sent = await UploadAsync(server, "Bestellung Ä \"1\".bin", bytes, "application/x-orders");
        sent.StatusCode.ShouldBe(HttpStatusCode.Created);
        var file = await StudioServer.JsonAsync(sent);
        var id = Id(file);
        sent.Headers.Location?.ToString().ShouldBe($"/v1/files/{id}");
        Text(file, "name").ShouldBe("Bestellung Ä \"1\".bin");
        Text(file, "content_type").ShouldBe("application/x-orders");
        file.GetProperty("size").GetInt64().ShouldBe(bytes.Length);
        Text(file, "sha256").ShouldBe(Convert.ToHexStringLower(SHA256.HashData(bytes)));
        (await server.GetJsonAsync($"/v1/files/{id}")).GetRawText().ShouldBe(file.GetRawText());

        using var content = await server.Client.GetAsync($"/v1/files/{id}/content");
        (await content.Content.ReadAsByteArrayAsync()).ShouldBe(bytes);
        content.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        content.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("default-src 'none'");
        content.Content.Headers.ContentDisposition?.DispositionType.ShouldBe("attachment");
        content.Content.Headers.ContentDisposition?.FileNameStar.ShouldBe("Bestellung Ä \"1\".bin");
        using var part = new HttpRequestMessage(HttpMethod.Get, $"/v1/files/{id}/content") { Headers = { Range = new RangeHeaderValue(10, 19) } };
        using var partial = await server.Client.SendAsync(part);
        partial.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await partial.Content.ReadAsByteArrayAsync()).ShouldBe(bytes[10..20]);
    }

    [Theory]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData("..\\..\\windows\\system.ini", "system.ini")]
    [InlineData("/absolute/x.txt", "x.txt")]
    [InlineData("..", "file")]
    [InlineData("a\u202Efdp.exe", "afdp.exe")]
    [InlineData("con\u0007trol.txt", "control.txt")]
    [InlineData(" ", "file")]
    public async Task Names_are_for_people_and_touch_no_path(string name, string kept)
    {
        var before = FilesIn(server.Directory);
        using var sent = await UploadAsync(server, name, "x"u8.ToArray());
        Text(await StudioServer.JsonAsync(sent), "name").ShouldBe(kept);
        var made = FilesIn(server.Directory).Except(before).Select(Path.GetFileName).ToList();
        made.Count.ShouldBe(2);
        made.ShouldAllBe(f => System.Text.RegularExpressions.Regex.IsMatch(f ?? "", "^[0-9a-f]{32}\\.(bin|json)$"));
    }

    [Fact]
    public async Task An_empty_file_is_a_file()
    {
        using var sent = await UploadAsync(server, "empty.txt", []);
        var id = Id(await StudioServer.JsonAsync(sent));
        (await server.Client.GetByteArrayAsync($"/v1/files/{id}/content")).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_same_file_twice_is_two_each_deleted_for_itself()
    {
        using var first = await UploadAsync(server, "same.txt", "same"u8.ToArray());
        using var second = await UploadAsync(server, "same.txt", "same"u8.ToArray());
        var (a, b) = (Id(await StudioServer.JsonAsync(first)), Id(await StudioServer.JsonAsync(second)));
        a.ShouldNotBe(b);
        using (var deleted = await server.Client.DeleteAsync($"/v1/files/{a}"))
            deleted.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        foreach (var path in (string[])[$"/v1/files/{a}", $"/v1/files/{a}/content"])
        {
            using var gone = await server.Client.GetAsync(path);
            gone.StatusCode.ShouldBe(HttpStatusCode.NotFound);
            await NativeRunsTests.ShouldBeProblemAsync(gone, "file_not_found");
        }
        using (var again = await server.Client.DeleteAsync($"/v1/files/{a}"))
            again.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await server.Client.GetStringAsync($"/v1/files/{b}/content")).ShouldBe("same");
    }

    [Fact]
    public async Task Lists_are_paged_newest_first()
    {
        await using var own = await StudioServer.StartAsync();
        (await own.GetJsonAsync("/v1/files")).GetProperty("items").GetArrayLength().ShouldBe(0);
        var ids = new List<Guid>();
        for (var i = 0; i < 5; i++)
        {
            using var sent = await UploadAsync(own, $"{i}.txt", [(byte)i]);
            ids.Add(Id(await StudioServer.JsonAsync(sent)));
        }
        var seen = new List<Guid>();
        string? cursor = null;
        do
        {
            var page = await own.GetJsonAsync($"/v1/files?limit=2&cursor={cursor}");
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(Id));
            page.GetProperty("items").GetArrayLength().ShouldBeLessThanOrEqualTo(2);
            cursor = page.GetProperty("next_cursor").GetString();
        }
        while (cursor is not null);
        // Two of one millisecond may stand in either order.
        seen.ShouldBe(ids, ignoreOrder: true);
        seen.ShouldBe(seen.OrderByDescending(i => i.ToString("N"), StringComparer.Ordinal));
        using var foreign = await own.Client.GetAsync("/v1/files?cursor=../x");
        foreign.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        await NativeRunsTests.ShouldBeProblemAsync(foreign, "invalid_cursor");
    }

    [Theory]
    [InlineData(4096, HttpStatusCode.Created)]
    [InlineData(4097, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(1_000_000, HttpStatusCode.RequestEntityTooLarge)]
    public async Task A_file_may_be_as_large_as_the_setting_says_and_what_is_larger_leaves_nothing(int size, HttpStatusCode status)
    {
        // The limit of files, not that of other bodies.
        await using var small = await StudioServer.StartAsync(["--FlowStudio:Files:MaxBytes=4096", "--FlowStudio:Intake:MaxBodyBytes=1024"]);
        using var sent = await UploadAsync(small, "big.bin", new byte[size]);
        sent.StatusCode.ShouldBe(status);
        if (status is HttpStatusCode.RequestEntityTooLarge)
            await NativeRunsTests.ShouldBeProblemAsync(sent, "file_too_large");
        FilesIn(small.Directory).Length.ShouldBe(status is HttpStatusCode.Created ? 2 : 0);
    }

    [Fact]
    public async Task What_is_no_form_with_one_file_is_refused_and_leaves_nothing()
    {
        await using var own = await StudioServer.StartAsync();
        await RefusedAsync(new StringContent("{}", Encoding.UTF8, "application/json"), HttpStatusCode.UnsupportedMediaType, "not_multipart");
        await RefusedAsync(Typed("x", "multipart/form-data"), HttpStatusCode.UnsupportedMediaType, "not_multipart");
        await RefusedAsync(new MultipartFormDataContent { { new StringContent("x"), "other" } }, HttpStatusCode.BadRequest, "missing_file");
        await RefusedAsync(
            new MultipartFormDataContent { { new StringContent("x"), "file", "a.txt" }, { new StringContent("y"), "file", "b.txt" } }, HttpStatusCode.BadRequest, "too_many_files");
        await RefusedAsync(
            Typed("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhalf", "multipart/form-data; boundary=b"), HttpStatusCode.BadRequest, "invalid_form");
        var endless = new MultipartFormDataContent { { new StringContent("x"), "file", "a.txt" } };
        for (var i = 0; i < 20; i++)
            endless.Add(new StringContent("y"), "field");
        await RefusedAsync(endless, HttpStatusCode.BadRequest, "invalid_form");
        (await own.GetJsonAsync("/v1/files")).GetProperty("items").GetArrayLength().ShouldBe(0);
        FilesIn(own.Directory).ShouldBeEmpty();

        async Task RefusedAsync(HttpContent body, HttpStatusCode status, string code)
        {
            using var answer = await own.Client.PostAsync("/v1/files", body);
            answer.StatusCode.ShouldBe(status, code);
            await NativeRunsTests.ShouldBeProblemAsync(answer, code);
        }

        static ByteArrayContent Typed(string body, string type)
        {
            var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            content.Headers.TryAddWithoutValidation("Content-Type", type);
            return content;
        }
    }

    [Theory]
    [InlineData("/v1/files/..%2f..%2fflowstudio")]
    [InlineData("/v1/files/no-id")]
    [InlineData("/v1/files/no-id/content")]
    [InlineData("/v1/files/00000000-0000-7000-8000-000000000000/content")]
    public async Task An_id_that_is_none_is_404(string path)
    {
        using var answer = await server.Client.GetAsync(path);
        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await NativeRunsTests.ShouldBeProblemAsync(answer, "file_not_found");
    }

    static string[] FilesIn(string data) => Path.Combine(data, "files") is var folder && Directory.Exists(folder) ? Directory.GetFiles(folder) : [];

    static Guid Id(JsonElement file) => file.GetProperty("id").GetGuid();

    static string? Text(JsonElement file, string name) => file.GetProperty(name).GetString();

    internal static async Task<HttpResponseMessage> UploadAsync(StudioServer to, string name, byte[] bytes, string? type = null)
    {
        var part = new ByteArrayContent(bytes);
        // By hand: the framework would encode hostile names before they are sent.
        part.Headers.TryAddWithoutValidation("Content-Disposition", $"form-data; name=\"file\"; filename*=UTF-8''{Uri.EscapeDataString(name)}");
        if (type is not null)
            part.Headers.TryAddWithoutValidation("Content-Type", type);
        using var form = new MultipartFormDataContent { part };
        return await to.Client.PostAsync("/v1/files", form);
    }
}
