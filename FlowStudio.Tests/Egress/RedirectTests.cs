using System.Net;
using FlowStudio.Engine.Egress;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;
using static FlowStudio.Tests.Egress.Calls;

namespace FlowStudio.Tests.Egress;

public class RedirectTests
{
    static Hop? Next(string method, string url, int status, string? location, bool body = false, int redirects = 0) =>
        RedirectRules.Next(new Hop(HttpMethod.Parse(method), new Uri(url), body, Sensitive: true), (HttpStatusCode)status, location, redirects);

    static Task Redirect(HttpContext context, string to, int status = 302)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.Location = to;
        return Task.CompletedTask;
    }

    [Theory]
    [InlineData("GET", 301, "GET", false)]
    [InlineData("POST", 301, "GET", false)]
    [InlineData("POST", 302, "GET", false)]
    [InlineData("PUT", 302, "PUT", true)]
    [InlineData("DELETE", 301, "DELETE", true)]
    [InlineData("POST", 303, "GET", false)]
    [InlineData("PUT", 303, "GET", false)]
    [InlineData("HEAD", 303, "HEAD", true)]
    [InlineData("POST", 307, "POST", true)]
    [InlineData("PATCH", 308, "PATCH", true)]
    public void Method_and_body_change_as_browsers_change_them(string method, int status, string expected, bool keepsBody)
    {
        var next = Next(method, "http://a.test/x", status, "/y", body: method is not "GET").ShouldNotBeNull();

        next.Method.Method.ShouldBe(expected);
        next.WithBody.ShouldBe(keepsBody);
        next.Url.ShouldBe(new Uri("http://a.test/y"));
    }

    [Theory]
    [InlineData(200, "/y")]
    [InlineData(300, "/y")]
    [InlineData(304, "/y")]
    [InlineData(305, "/y")]
    [InlineData(302, null)]
    [InlineData(302, "")]
    public void Other_answers_are_no_redirects(int status, string? location) => Next("GET", "http://a.test/x", status, location).ShouldBeNull();

    [Theory]
    [InlineData("http://a.test/x/y", "z", "http://a.test/x/z")]
    [InlineData("http://a.test/x/y", "../z", "http://a.test/z")]
    [InlineData("http://a.test/x", "?q=1", "http://a.test/x?q=1")]
    [InlineData("http://a.test/x", "//b.test/z", "http://b.test/z")]
    [InlineData("https://a.test/x", "//b.test/z", "https://b.test/z")]
    [InlineData("http://a.test/x", "/bin/orders", "http://a.test/bin/orders")]
    [InlineData("http://a.test/x", "https://a.test/x", "https://a.test/x")]
    public void A_relative_location_is_relative_to_the_redirecting_address(string from, string location, string to) =>
        Next("GET", from, 302, location).ShouldNotBeNull().Url.ShouldBe(new Uri(to));

    [Theory]
    [InlineData("https://a.test/x", "http://a.test/x")]
    [InlineData("https://a.test/x", "http://b.test/x")]
    public void Https_is_never_left_for_http(string from, string to)
    {
        var failure = Should.Throw<EgressException>(() => Next("GET", from, 302, to));

        failure.Kind.ShouldBe(EgressFailure.RedirectRefused);
        failure.Message.ShouldContain("from https to unencrypted http");
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("javascript:alert(1)")]
    [InlineData("ftp://a.test/")]
    [InlineData("http://")]
    public void A_location_that_is_no_web_address_is_refused(string location) =>
        Should.Throw<EgressException>(() => Next("GET", "http://a.test/x", 302, location)).Kind.ShouldBe(EgressFailure.RedirectRefused);

    [Fact]
    public void A_location_with_a_user_name_is_refused() =>
        Should.Throw<EgressException>(() => Next("GET", "http://a.test/x", 302, "http://u:p@a.test/")).Kind.ShouldBe(EgressFailure.InvalidUrl);

    [Theory]
    [InlineData("http://b.test/")]
    [InlineData("https://a.test/")]
    [InlineData("http://a.test:81/")]
    public void A_body_stays_with_its_origin(string to)
    {
        Should.Throw<EgressException>(() => Next("POST", "http://a.test/x", 307, to, body: true)).Kind.ShouldBe(EgressFailure.RedirectRefused);
        Next("POST", "http://a.test/x", 303, to, body: true).ShouldNotBeNull().WithBody.ShouldBeFalse();
    }

    [Theory]
    [InlineData("http://a.test/y", true)]
    [InlineData("http://A.test:80/y", true)]
    [InlineData("http://a.test./y", true)]
    [InlineData("http://b.test/y", false)]
    [InlineData("http://x.a.test/y", false)]
    [InlineData("http://a.test:8080/y", false)]
    [InlineData("https://a.test/y", false)]
    public void Credentials_go_along_to_the_same_origin_only(string to, bool along)
    {
        var next = Next("GET", "http://a.test/x", 302, to).ShouldNotBeNull();

        foreach (var secret in (string[])["Authorization", "Cookie", "X-Api-Key", "Proxy-Authorization", "X-Anything", "Idempotency-Key"])
            RedirectRules.GoesAlong(next, secret).ShouldBe(along, secret);
        RedirectRules.GoesAlong(next, "accept").ShouldBeTrue();
        RedirectRules.GoesAlong(next, "Content-Type").ShouldBeFalse();
    }

    [Fact]
    public void Credentials_do_not_come_back_with_the_origin()
    {
        var away = Next("GET", "http://a.test/x", 302, "http://b.test/").ShouldNotBeNull();

        var back = RedirectRules.Next(away, HttpStatusCode.Found, "http://b.test/again", 1).ShouldNotBeNull();

        RedirectRules.GoesAlong(back, "Authorization").ShouldBeFalse();
    }

    [Fact]
    public async Task A_redirect_is_the_answer_unless_it_is_to_be_followed()
    {
        await using var site = await LoopbackSite.StartAsync(context => context.Request.Path == "/a" ? Redirect(context, "/b") : context.Response.WriteAsync("b"));
        using var http = OnLoopback();

        var asked = await http.SendAsync(Get($"{site.Url}/a"), Ct);
        var followed = await http.SendAsync(Get($"{site.Url}/a") with { FollowRedirects = true }, Ct);

        (asked.Status, asked.Header("Location")).ShouldBe((302, "/b"));
        (followed.Status, followed.Text(), followed.FinalUrl).ShouldBe((200, "b", $"{site.Url}/b"));
    }

    [Fact]
    public async Task A_post_with_a_body_keeps_it_on_307_and_leaves_it_on_303()
    {
        await using var site = await LoopbackSite.StartAsync(async context =>
        {
            if (context.Request.Path == "/keep")
                await Redirect(context, "/end", 307);
            else if (context.Request.Path == "/leave")
                await Redirect(context, "/end", 303);
            else
                await context.Response.WriteAsync($"{context.Request.Method}|{context.Request.ContentType}|{await new StreamReader(context.Request.Body).ReadToEndAsync()}");
        });
        using var http = OnLoopback();
        var post = new GuardedRequest("POST", "") { Body = "body"u8.ToArray(), ContentType = "text/plain", FollowRedirects = true, Headers = [Header("Content-Language", "de")] };

        (await http.SendAsync(post with { Url = $"{site.Url}/keep" }, Ct)).Text().ShouldBe("POST|text/plain|body");
        (await http.SendAsync(post with { Url = $"{site.Url}/leave" }, Ct)).Text().ShouldBe("GET||");
    }

    [Fact]
    public async Task A_loop_ends_after_ten_redirects()
    {
        var asked = 0;
        await using var site = await LoopbackSite.StartAsync(context =>
        {
            Interlocked.Increment(ref asked);
            return Redirect(context, "/again");
        });
        using var http = OnLoopback();

        var failure = await http.FailsAsync(Get(site.Url) with { FollowRedirects = true });

        failure.Kind.ShouldBe(EgressFailure.RedirectLimit);
        failure.IsTransient.ShouldBeFalse();
        asked.ShouldBe(11);
    }

    [Fact]
    public async Task Ten_redirects_are_followed()
    {
        await using var site = await LoopbackSite.StartAsync(context =>
        {
            var n = int.Parse(context.Request.Path.Value![1..]); // every path here is a number
            return n < 10 ? Redirect(context, $"/{n + 1}") : context.Response.WriteAsync("there");
        });
        using var http = OnLoopback();

        (await http.SendAsync(Get($"{site.Url}/0") with { FollowRedirects = true }, Ct)).Text().ShouldBe("there");
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data/", "cloud-metadata")]
    [InlineData("http://metadata.google.internal/", "cloud-metadata")]
    [InlineData("http://[::ffff:169.254.169.254]/", "cloud-metadata")]
    [InlineData("http://0x0a000001/", "private-network")]
    [InlineData("//192.168.0.1/", "private-network")]
    [InlineData("http://[64:ff9b::a00:1]/", "tunnel")]
    public async Task A_redirect_to_the_inside_is_judged_like_a_first_call(string to, string rule)
    {
        await using var site = await LoopbackSite.StartAsync(context => Redirect(context, to));
        using var http = OnLoopback();

        var failure = await http.FailsAsync(Get(site.Url) with { FollowRedirects = true });

        failure.Kind.ShouldBe(EgressFailure.Refused);
        failure.Refusal.ShouldNotBeNull().Rule.ShouldBe(rule);
        failure.Message.ShouldStartWith($"127.0.0.1:{site.Port} redirects elsewhere. ");
    }

    [Fact]
    public async Task Another_origin_sees_no_credentials()
    {
        await using var other = await LoopbackSite.StartAsync(context =>
            context.Response.WriteAsync(string.Join(',', context.Request.Headers.Select(h => h.Key.ToLowerInvariant()).Order(StringComparer.Ordinal))));
        await using var site = await LoopbackSite.StartAsync(context =>
            context.Request.Path == "/own" ? Redirect(context, "/out") : context.Request.Headers.Authorization == "Bearer s3cret" ? Redirect(context, other.Url) : context.Response.WriteAsync("credentials were lost on the way"));
        using var http = OnLoopback();

        var response = await http.SendAsync(
            Get($"{site.Url}/own") with
            {
                FollowRedirects = true,
                Headers = [Header("Authorization", "Bearer s3cret"), Header("Cookie", "a=b"), Header("X-Api-Key", "k"), Header("Accept", "text/plain"), Header("X-Tenant", "7")],
            },
            Ct);

        response.Text().ShouldBe("accept,accept-encoding,host,user-agent");
    }
}
