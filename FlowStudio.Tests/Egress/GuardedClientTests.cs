using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net;
using FlowStudio.Engine.Egress;
using Microsoft.AspNetCore.Http;
using OpenAI;
using OpenAI.Chat;
using Shouldly;
using Xunit;
using static FlowStudio.Tests.Egress.Calls;

namespace FlowStudio.Tests.Egress;

/// <summary>The client that libraries with requests of their own are given.</summary>
public class GuardedClientTests
{
    [Fact]
    public async Task It_streams_and_names_itself()
    {
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var site = await LoopbackSite.StartAsync(async context =>
        {
            await context.Response.WriteAsync($"{context.Request.Headers.UserAgent}\n");
            await context.Response.Body.FlushAsync();
            await goOn.Task;
            await context.Response.WriteAsync("two\n");
        });
        using var http = OnLoopback();

        using var response = await http.Client.GetAsync(site.Url, HttpCompletionOption.ResponseHeadersRead, Ct);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Ct));

        (await reader.ReadLineAsync(Ct)).ShouldBe("FlowStudio");
        goOn.SetResult();
        (await reader.ReadLineAsync(Ct)).ShouldBe("two");
    }

    [Fact]
    public async Task A_buffered_answer_keeps_its_headers()
    {
        await using var site = await LoopbackSite.StartAsync(context =>
        {
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = 2;
            return context.Response.WriteAsync("{}");
        });
        using var http = OnLoopback();

        using var response = await http.Client.GetAsync(site.Url, Ct);

        response.Content.Headers.ContentType.ShouldNotBeNull().MediaType.ShouldBe("application/json");
        (await response.Content.ReadAsStringAsync(Ct)).ShouldBe("{}");
    }

    [Theory]
    [InlineData("http://10.0.0.1/", EgressFailure.Refused)]
    [InlineData("http://metadata.google.internal/", EgressFailure.Refused)]
    [InlineData("http://u:p@127.0.0.1/", EgressFailure.InvalidUrl)]
    public async Task It_refuses_what_calls_are_refused(string url, EgressFailure kind)
    {
        using var http = OnLoopback();

        (await Should.ThrowAsync<EgressException>(() => http.Client.GetAsync(url, Ct))).Kind.ShouldBe(kind);
    }

    [Fact]
    public async Task A_name_that_points_inside_is_refused_with_the_rule()
    {
        using var http = new GuardedHttp(new EgressOptions(), TimeProvider.System, bins: null, resolve: (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("10.0.0.1")]), dial: null);

        (await Should.ThrowAsync<EgressException>(() => http.Client.GetAsync("http://llm.example.test/", Ct))).Refusal.ShouldNotBeNull().Rule.ShouldBe("private-network");
    }

    [Fact]
    public async Task It_does_not_follow_redirects()
    {
        await using var site = await LoopbackSite.StartAsync(context =>
        {
            context.Response.Redirect("http://169.254.169.254/");
            return Task.CompletedTask;
        });
        using var http = OnLoopback();

        using var response = await http.Client.GetAsync(site.Url, Ct);

        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task Its_bodies_have_the_size_limit()
    {
        await using var site = await LoopbackSite.StartAsync(context => context.Response.WriteAsync(new string('x', 1001)));
        using var http = OnLoopback(o => o.MaxResponseBytes = 1000);

        (await Should.ThrowAsync<EgressException>(() => http.Client.GetStringAsync(site.Url, Ct))).Kind.ShouldBe(EgressFailure.TooLarge);
    }

    [Fact]
    public async Task Its_streams_have_the_idle_limit()
    {
        await using var site = await LoopbackSite.StartAsync(async context =>
        {
            await context.Response.WriteAsync("half");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        using var http = OnLoopback();
        using var client = http.CreateClient(TimeSpan.FromMilliseconds(100));

        (await Should.ThrowAsync<EgressException>(() => client.GetStringAsync(site.Url, Ct).WaitAsync(TimeSpan.FromSeconds(20), Ct))).Kind.ShouldBe(EgressFailure.Idle);
    }

    [Fact]
    public async Task A_broken_stream_is_a_failure_with_a_name()
    {
        await using var listener = RawListener.Answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        using var http = OnLoopback();

        (await Should.ThrowAsync<EgressException>(() => http.Client.GetStringAsync(listener.Url, Ct))).Kind.ShouldBe(EgressFailure.Protocol);
    }

    [Fact]
    public async Task The_callers_cancellation_stays_one()
    {
        await using var listener = new RawListener((_, cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken));
        using var http = OnLoopback();
        using var caller = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));

        await Should.ThrowAsync<OperationCanceledException>(() => http.Client.GetAsync(listener.Url, caller.Token));
    }

    [Theory]
    [InlineData("Bearer key\r\nX-Evil: 1")]
    [InlineData("Bearer key\n")]
    [InlineData("Bearer \0")]
    public async Task A_key_with_a_line_break_is_refused_without_being_shown(string value)
    {
        await using var listener = new RawListener();
        using var http = OnLoopback();
        using var request = new HttpRequestMessage(HttpMethod.Get, listener.Url);
        request.Headers.TryAddWithoutValidation("Authorization", value).ShouldBeTrue();

        var failure = await Should.ThrowAsync<EgressException>(() => http.Client.SendAsync(request, Ct));

        failure.Kind.ShouldBe(EgressFailure.InvalidHeader);
        failure.Message.ShouldContain("Authorization");
        failure.Message.ShouldNotContain("key");
        listener.Accepted.ShouldBe(0);
    }

    [Fact]
    public async Task The_openai_package_works_through_it()
    {
        await using var site = await LoopbackSite.StartAsync(context =>
        {
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync(
                """{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"hello"}}]}""");
        });
        using var http = OnLoopback();

        var completion = await Chat(http, site.Url).CompleteChatAsync([ChatMessage.CreateUserMessage("hi")], cancellationToken: Ct);

        completion.Value.Content[0].Text.ShouldBe("hello");
    }

    [Fact]
    public async Task The_openai_package_lets_a_refusal_through()
    {
        using var http = OnLoopback();

        var failure = await Should.ThrowAsync<EgressException>(() => Chat(http, "http://192.168.0.1").CompleteChatAsync([ChatMessage.CreateUserMessage("hi")], cancellationToken: Ct));

        failure.Kind.ShouldBe(EgressFailure.Refused);
    }

    static ChatClient Chat(GuardedHttp http, string url) => new(
        "m", new ApiKeyCredential("key"), new OpenAIClientOptions { Endpoint = new Uri(url), Transport = new HttpClientPipelineTransport(http.Client) });

    [Fact]
    public void Blocking_calls_are_not_offered()
    {
        using var http = OnLoopback();
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://127.0.0.1:1/");

        Should.Throw<NotSupportedException>(() => http.Client.Send(request, Ct));
    }
}
