using System.IO.Compression;
using System.Text;
using FlowStudio.Engine.Egress;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;
using static FlowStudio.Tests.Egress.Calls;

namespace FlowStudio.Tests.Egress;

public class GuardedHttpTests
{
    [Fact]
    public async Task A_call_carries_method_headers_and_body_and_brings_everything_back()
    {
        await using var site = await LoopbackSite.StartAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync();
            context.Response.StatusCode = 201;
            context.Response.Headers.Append("X-Many", "a");
            context.Response.Headers.Append("X-Many", "b");
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString} {context.Request.Headers["X-Order"]} {context.Request.ContentType} {context.Request.Headers.UserAgent} {body}");
        });
        using var http = OnLoopback(o => o.UserAgent = "Probe");

        var response = await http.SendAsync(
            new GuardedRequest("put", $"{site.Url}/orders/1?x=y")
            {
                Headers = [Header("X-Order", "1"), Header("X-Order", "ü")],
                Body = Encoding.UTF8.GetBytes("{\"ä\":1}"),
                ContentType = "application/json",
            },
            Ct);

        response.Status.ShouldBe(201);
        response.Reason.ShouldBe("Created");
        response.IsSuccess.ShouldBeTrue();
        response.HeaderValues("x-many").ShouldBe(["a", "b"]);
        response.FinalUrl.ShouldBe($"{site.Url}/orders/1?x=y");
        response.Text().ShouldBe("PUT /orders/1?x=y 1, ü application/json Probe {\"ä\":1}");
    }

    [Fact]
    public async Task A_status_that_is_no_success_is_an_answer()
    {
        await using var site = await LoopbackSite.StartAsync(context =>
        {
            context.Response.StatusCode = 503;
            return context.Response.WriteAsync("later");
        });
        using var http = OnLoopback();

        var response = await http.SendAsync(Get(site.Url), Ct);

        (response.Status, response.IsSuccess, response.Text()).ShouldBe((503, false, "later"));
    }

    [Fact]
    public async Task A_header_of_the_content_needs_no_body_and_the_list_wins_over_the_content_type()
    {
        await using var site = await LoopbackSite.StartAsync(context => context.Response.WriteAsync($"{context.Request.ContentType}|{context.Request.Headers.ETag}|{context.Request.Headers.IfNoneMatch}"));
        using var http = OnLoopback();

        var request = Get(site.Url) with { ContentType = "text/plain", Headers = [Header("content-type", "application/xml"), Header("If-None-Match", "unquoted")] };

        (await http.SendAsync(request, Ct)).Text().ShouldBe("application/xml||unquoted");
    }

    [Fact]
    public async Task Cookies_are_not_remembered()
    {
        await using var site = await LoopbackSite.StartAsync(context =>
        {
            context.Response.Headers.SetCookie = "session=1; Path=/";
            return context.Response.WriteAsync(context.Request.Headers.Cookie.ToString());
        });
        using var http = OnLoopback();

        var first = await http.SendAsync(Get(site.Url), Ct);
        var second = await http.SendAsync(Get(site.Url), Ct);

        first.Header("set-cookie").ShouldBe("session=1; Path=/");
        second.Text().ShouldBe("");
    }

    [Theory]
    [InlineData("X-Note", "a\r\nX-Evil: 1", "X-Note", "a line break at character 2")]
    [InlineData("X-Note", "a\nb", "X-Note", "a line break")]
    [InlineData("X-Note", "a\rb", "X-Note", "a line break")]
    [InlineData("X-Note", "a\0b", "X-Note", "a NUL character")]
    [InlineData("X-Note", "a\u0001b", "X-Note", "U+0001")]
    [InlineData("X-Note", "\u007f", "X-Note", "U+007F")]
    [InlineData("X-Note: a\r\nX-Evil", "1", "X-Note: a", "not a header name")]
    [InlineData("X Note", "1", "X Note", "not a header name")]
    [InlineData("", "1", "", "not a header name")]
    [InlineData("Nöte", "1", "Nöte", "not a header name")]
    [InlineData("Host", "internal", "Host", "can't be set")]
    [InlineData("content-length", "0", "content-length", "can't be set")]
    [InlineData("Transfer-Encoding", "chunked", "Transfer-Encoding", "can't be set")]
    [InlineData("Connection", "Upgrade", "Connection", "can't be set")]
    public async Task A_header_that_could_forge_another_is_refused_by_name(string name, string value, string named, string reason)
    {
        await using var listener = new RawListener();
        using var http = OnLoopback();

        var failure = await http.FailsAsync(Get(listener.Url) with { Headers = [Header(name, value)] });

        failure.Kind.ShouldBe(EgressFailure.InvalidHeader);
        failure.IsTransient.ShouldBeFalse();
        failure.Message.ShouldContain(named);
        failure.Message.ShouldContain(reason);
        failure.Message.ShouldNotContain("\n");
        listener.Accepted.ShouldBe(0);
    }

    [Fact]
    public async Task A_content_type_is_checked_like_any_header() =>
        (await OnLoopback().FailsAsync(new GuardedRequest("POST", "http://127.0.0.1:1/") { Body = new byte[1], ContentType = "text/plain\r\nX-Evil: 1" }))
            .Kind.ShouldBe(EgressFailure.InvalidHeader);

    [Theory]
    [InlineData("")]
    [InlineData("GET /x HTTP/1.1\r\nX: 1")]
    [InlineData("GET\0")]
    [InlineData("GE T")]
    [InlineData("CONNECT")]
    [InlineData("trace")]
    public async Task A_method_that_is_none_is_refused(string method)
    {
        using var http = OnLoopback();

        (await http.FailsAsync(new GuardedRequest(method, "http://127.0.0.1:1/"))).Kind.ShouldBe(EgressFailure.InvalidMethod);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task The_size_limit_holds_after_decompression(string encoding)
    {
        var bomb = Compress(new byte[64 * 1024 * 1024], encoding);
        bomb.Length.ShouldBeLessThan(100_000);
        await using var site = await LoopbackSite.StartAsync(async context =>
        {
            context.Response.Headers.ContentEncoding = encoding;
            await context.Response.Body.WriteAsync(bomb);
        });
        using var http = OnLoopback();

        var failure = await http.FailsAsync(Get(site.Url));

        failure.Kind.ShouldBe(EgressFailure.TooLarge);
        failure.Message.ShouldBe(
            $"127.0.0.1:{site.Port} sent more than 16 MiB (measured after decompression). Ask for less, such as one page of it, or let the administrator raise FlowStudio:Egress:MaxResponseBytes.");
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task A_compressed_answer_is_readable(string encoding)
    {
        await using var site = await LoopbackSite.StartAsync(async context =>
        {
            context.Response.Headers.ContentEncoding = encoding;
            await context.Response.Body.WriteAsync(Compress("héllo"u8.ToArray(), encoding));
        });
        using var http = OnLoopback();

        (await http.SendAsync(Get(site.Url), Ct)).Text().ShouldBe("héllo");
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task A_body_that_lies_about_its_compression_is_told(string encoding)
    {
        await using var site = await LoopbackSite.StartAsync(async context =>
        {
            context.Response.Headers.ContentEncoding = encoding;
            await context.Response.Body.WriteAsync(Enumerable.Repeat((byte)0xFF, 100).ToArray());
        });
        using var http = OnLoopback();

        var failure = await http.FailsAsync(Get(site.Url));

        failure.Kind.ShouldBe(EgressFailure.Protocol);
        failure.Message.ShouldContain("can't be decompressed");
    }

    [Fact]
    public async Task An_endless_body_is_cut_and_an_announced_one_is_not_even_begun()
    {
        await using var site = await LoopbackSite.StartAsync(async context =>
        {
            if (context.Request.Path == "/announced")
                context.Response.ContentLength = 1_000_000_000_000;
            var piece = new byte[16 * 1024];
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.Body.WriteAsync(piece, context.RequestAborted);
        });
        using var http = OnLoopback();

        var endless = await http.FailsAsync(Get($"{site.Url}/endless") with { MaxResponseBytes = 1000 });
        var announced = await http.FailsAsync(Get($"{site.Url}/announced"));

        endless.Kind.ShouldBe(EgressFailure.TooLarge);
        endless.Message.ShouldContain("1000 bytes");
        endless.Message.ShouldEndWith("raise this call's limit.");
        announced.Kind.ShouldBe(EgressFailure.TooLarge);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(100_000)]
    public async Task A_body_as_large_as_the_limit_passes_and_one_byte_more_does_not(int size)
    {
        var body = Enumerable.Range(0, size).Select(i => (byte)i).ToArray();
        await using var site = await LoopbackSite.StartAsync(async context =>
        {
            await context.Response.StartAsync(); // chunked
            await context.Response.Body.WriteAsync(body);
        });
        using var http = OnLoopback();

        (await http.SendAsync(Get(site.Url) with { MaxResponseBytes = size }, Ct)).Body.ToArray().ShouldBe(body);
        if (size > 0)
            (await http.FailsAsync(Get(site.Url) with { MaxResponseBytes = size - 1 })).Kind.ShouldBe(EgressFailure.TooLarge);
    }

    [Fact]
    public async Task A_call_cannot_raise_the_administrators_limit()
    {
        await using var site = await LoopbackSite.StartAsync(context => context.Response.WriteAsync(new string('x', 11)));
        using var http = OnLoopback(o => o.MaxResponseBytes = 10);

        (await http.FailsAsync(Get(site.Url) with { MaxResponseBytes = long.MaxValue })).Message.ShouldContain("FlowStudio:Egress:MaxResponseBytes");
    }

    [Fact]
    public async Task The_answer_to_head_names_a_length_that_does_not_come()
    {
        await using var listener = RawListener.Answering("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
        using var http = OnLoopback();

        var response = await http.SendAsync(new GuardedRequest("HEAD", listener.Url), Ct);

        response.Body.Length.ShouldBe(0);
        response.Header("Content-Length").ShouldBe("99999999999");
    }

    static byte[] Compress(byte[] bytes, string encoding)
    {
        using var target = new MemoryStream();
        using (Stream compressor = encoding switch
        {
            "gzip" => new GZipStream(target, CompressionLevel.Optimal),
            "br" => new BrotliStream(target, CompressionLevel.Fastest),
            _ => new ZLibStream(target, CompressionLevel.Optimal),
        })
        {
            compressor.Write(bytes);
        }

        return target.ToArray();
    }
}
