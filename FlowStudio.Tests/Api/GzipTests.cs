using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

public sealed class GzipTests(GzipTests.Server server) : IClassFixture<GzipTests.Server>
{
    const int Limit = 200_000;

    public sealed class Server() : StudioServer([$"--FlowStudio:Intake:MaxBodyBytes={Limit}"]);

    static byte[] Pack(ReadOnlySpan<byte> body)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(body);
        return packed.ToArray();
    }

    /// <summary>Nothing, packed; the framework would write no byte at all.</summary>
    static readonly byte[] PackedNothing = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Sends a body with its encoding; <see cref="StudioServer.PostAsync"/> would take that for a header of the message.</summary>
    async Task<HttpResponseMessage> PostAsync(string path, byte[] body, string encoding = "gzip", bool chunked = false, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = chunked ? new StreamContent(new MemoryStream(body)) : new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        request.Content.Headers.TryAddWithoutValidation("Content-Encoding", encoding).ShouldBeTrue();
        if (chunked)
            (request.Headers.TransferEncodingChunked, request.Content.Headers.ContentLength) = (true, null);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue();
        return await server.Client.SendAsync(request);
    }

    async Task<string> NewFlowAsync()
    {
        var name = $"gzip-{Guid.NewGuid():N}";
        await server.AddFlowAsync(name);
        return name;
    }

    [Theory]
    [InlineData(10, false)]
    [InlineData(150_000, false)]
    [InlineData(150_000, true)]
    public async Task A_packed_webhook_is_the_same_as_a_plain_one(int length, bool chunked)
    {
        var flow = await NewFlowAsync();
        var body = JsonSerializer.SerializeToUtf8Bytes(new { text = string.Concat(Enumerable.Range(0, length / 5).Select(i => $"{i % 10_000:D4} ")) });
        using var response = await PostAsync($"/api/v1/webhook/{flow}", Pack(body), "GZIP", chunked);
        var run = await server.EndOfAsync(await StudioServer.RunIdAsync(response));
        run.GetProperty("input").GetRawText().ShouldBe(Encoding.UTF8.GetString(body));
    }

    [Fact]
    public async Task The_native_API_takes_it_too_and_keys_compare_what_was_packed()
    {
        var flow = await NewFlowAsync();
        var body = """{"input":{"a":1}}"""u8.ToArray();
        (string, string) key = ("Idempotency-Key", "same");
        using var packed = await PostAsync($"/v1/flows/{flow}/runs", Pack(body), headers: key);
        packed.StatusCode.ShouldBe(HttpStatusCode.Created, await packed.Content.ReadAsStringAsync());
        using var plain = await server.PostAsync($"/v1/flows/{flow}/runs", body, key);
        plain.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await StudioServer.JsonAsync(plain)).GetProperty("id").GetGuid().ShouldBe((await StudioServer.JsonAsync(packed)).GetProperty("id").GetGuid());
        using var other = await PostAsync($"/v1/flows/{flow}/runs", Pack("""{"input":{"a":2}}"""u8), headers: key);
        other.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task The_limit_is_that_of_the_unpacked_body()
    {
        var flow = await NewFlowAsync();
        var fits = Encoding.UTF8.GetBytes($"\"{new string('x', Limit - 2)}\"");
        using (var response = await PostAsync($"/api/v1/webhook/{flow}", Pack(fits)))
            response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var tooLarge = Encoding.UTF8.GetBytes($"\"{new string('x', Limit - 1)}\"");
        foreach (var chunked in (bool[])[false, true])
        {
            using var response = await PostAsync($"/api/v1/webhook/{flow}", Pack(tooLarge), chunked: chunked);
            response.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
            (await StudioServer.JsonAsync(response)).GetProperty("detail").GetString().ShouldNotBeNull().ShouldContain("FlowStudio:Intake:MaxBodyBytes");
        }
        using var native = await PostAsync($"/v1/flows/{flow}/runs", Pack(tooLarge));
        native.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await StudioServer.JsonAsync(native)).GetProperty("code").GetString().ShouldBe("body_too_large");
    }

    [Fact]
    public async Task A_bomb_is_cut_at_the_limit()
    {
        var flow = await NewFlowAsync();
        var bomb = Pack(new byte[256 * 1024 * 1024]);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        using var response = await PostAsync($"/api/v1/webhook/{flow}", bomb);
        response.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (GC.GetTotalAllocatedBytes(precise: true) - before).ShouldBeLessThan(32 * 1024 * 1024);
    }

    [Fact]
    public async Task Many_packed_nothings_are_cut_at_the_limit_too()
    {
        var body = Enumerable.Range(0, 2 * Limit / PackedNothing.Length).SelectMany(_ => PackedNothing).ToArray();
        using var response = await PostAsync($"/api/v1/webhook/{await NewFlowAsync()}", body, chunked: true);
        response.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task What_is_no_gzip_is_400()
    {
        var flow = await NewFlowAsync();
        var whole = Pack("""{"text":"a text of some length, so that it can be cut"}"""u8);
        foreach (var bad in (byte[][])["{}"u8.ToArray(), whole[..^12], whole[..^1], whole[..8], [.. whole, .. whole], [.. whole[..20], 0xff, .. whole[21..]]])
        {
            using var response = await PostAsync($"/api/v1/webhook/{flow}", bad);
            response.StatusCode.ShouldBe(HttpStatusCode.BadRequest, Convert.ToHexString(bad));
            using var native = await PostAsync($"/v1/flows/{flow}/runs", bad);
            native.StatusCode.ShouldBe(HttpStatusCode.BadRequest, Convert.ToHexString(bad));
            (await StudioServer.JsonAsync(native)).GetProperty("code").GetString().ShouldBe("invalid_gzip");
        }
        using var empty = await PostAsync($"/api/v1/webhook/{flow}", PackedNothing);
        empty.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await StudioServer.JsonAsync(empty)).GetProperty("detail").GetString().ShouldNotBeNull().ShouldContain("empty");
    }

    [Theory]
    [InlineData("br")]
    [InlineData("deflate")]
    [InlineData("gzip, gzip")]
    public async Task Other_encodings_are_415_and_told_what_is_taken(string encoding)
    {
        var flow = await NewFlowAsync();
        foreach (var path in (string[])[$"/api/v1/webhook/{flow}", $"/v1/flows/{flow}/runs"])
        {
            using var response = await PostAsync(path, "{}"u8.ToArray(), encoding);
            response.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
            response.Headers.GetValues("Accept-Encoding").ShouldHaveSingleItem().ShouldBe("gzip");
            (await StudioServer.JsonAsync(response)).GetProperty("detail").GetString().ShouldNotBeNull().ShouldContain("gzip");
        }
    }
}
