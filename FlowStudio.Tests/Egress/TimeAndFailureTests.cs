using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using FlowStudio.Engine.Egress;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;
using static FlowStudio.Tests.Egress.Calls;

namespace FlowStudio.Tests.Egress;

public class TimeAndFailureTests
{
    static readonly TimeSpan Short = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task A_server_that_never_answers_is_named_with_the_time_that_was_allowed()
    {
        await using var listener = new RawListener((_, cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken));
        using var http = OnLoopback();

        var failure = await http.FailsAsync(Get(listener.Url) with { Timeout = Short });

        failure.Kind.ShouldBe(EgressFailure.TimedOut);
        failure.IsTransient.ShouldBeTrue();
        failure.Message.ShouldStartWith($"No answer from 127.0.0.1:{listener.Port} within 100 ms.");
    }

    [Fact]
    public void The_standard_port_is_not_named_and_seconds_are_words() =>
        EgressErrors.TimedOut(new Uri("https://Tickets.example.test/secret?key=1"), TimeSpan.FromSeconds(30)).Message
            .ShouldBe("No answer from tickets.example.test within 30 s. Raise the timeout of this call, or look at what keeps tickets.example.test busy.");

    [Fact]
    public async Task A_body_that_falls_silent_ends_by_the_idle_limit()
    {
        await using var site = await LoopbackSite.StartAsync(async context =>
        {
            await context.Response.WriteAsync("half");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        using var http = OnLoopback();

        var failure = await http.FailsAsync(Get(site.Url) with { IdleTimeout = Short });

        failure.Kind.ShouldBe(EgressFailure.Idle);
        failure.IsTransient.ShouldBeTrue();
        failure.Message.ShouldStartWith($"127.0.0.1:{site.Port} began to answer and then sent nothing for 100 ms.");
    }

    [Fact]
    public async Task Drops_that_keep_coming_are_not_idle_but_end_by_the_total_limit()
    {
        await using var site = await LoopbackSite.StartAsync(async context =>
        {
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.WriteAsync(".", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(5, context.RequestAborted);
            }
        });
        using var http = OnLoopback();

        var failure = await http.FailsAsync(Get(site.Url) with { IdleTimeout = TimeSpan.FromSeconds(20), Timeout = TimeSpan.FromMilliseconds(300) });

        failure.Kind.ShouldBe(EgressFailure.TimedOut);
        failure.Message.ShouldContain("had not finished after 300 ms");
    }

    [Fact]
    public async Task Slow_drops_are_read_to_the_end_within_both_limits()
    {
        await using var site = await LoopbackSite.StartAsync(async context =>
        {
            for (var i = 0; i < 10; i++)
            {
                await context.Response.WriteAsync(".");
                await context.Response.Body.FlushAsync();
                await Task.Delay(5);
            }
        });
        using var http = OnLoopback();

        (await http.SendAsync(Get(site.Url) with { IdleTimeout = TimeSpan.FromSeconds(20), Timeout = Timeout.InfiniteTimeSpan }, Ct)).Text().ShouldBe("..........");
    }

    [Fact]
    public async Task The_callers_cancellation_is_no_failure_and_reaches_the_server()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var listener = new RawListener(async (stream, cancellationToken) =>
        {
            await RawListener.ReadHeadAsync(stream, cancellationToken);
            asked.SetResult();
            try
            {
                var read = await stream.ReadAsync(new byte[1], cancellationToken);
                read.ShouldBe(0);
                closed.SetResult();
            }
            catch (IOException)
            {
                closed.SetResult(); // reset instead of closed
            }
        });
        using var http = OnLoopback();
        using var caller = CancellationTokenSource.CreateLinkedTokenSource(Ct);

        var call = http.SendAsync(Get(listener.Url), caller.Token);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(20), Ct);
        await caller.CancelAsync();

        (await Should.ThrowAsync<OperationCanceledException>(call)).CancellationToken.ShouldBe(caller.Token);
        await closed.Task.WaitAsync(TimeSpan.FromSeconds(20), Ct);
    }

    [Fact]
    public async Task Cancellation_in_the_middle_of_the_body_reaches_the_server()
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var site = await LoopbackSite.StartAsync(async context =>
        {
            context.RequestAborted.Register(closed.SetResult);
            await context.Response.WriteAsync("half");
            await context.Response.Body.FlushAsync();
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        using var http = OnLoopback();
        using var caller = CancellationTokenSource.CreateLinkedTokenSource(Ct);

        var call = http.SendAsync(Get(site.Url), caller.Token);
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(20), Ct);
        await caller.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(call);
        await closed.Task.WaitAsync(TimeSpan.FromSeconds(20), Ct);
    }

    [Fact]
    public async Task A_call_that_is_cancelled_already_sends_nothing()
    {
        await using var listener = new RawListener();
        using var http = OnLoopback();

        await Should.ThrowAsync<OperationCanceledException>(() => http.SendAsync(Get(listener.Url), new CancellationToken(canceled: true)));

        listener.Accepted.ShouldBe(0);
    }

    [Fact]
    public async Task A_refused_connection_is_told_with_host_and_port()
    {
        var port = FreePort();
        using var http = OnLoopback();

        var failure = await http.FailsAsync(Get($"http://127.0.0.1:{port}/"));

        failure.Kind.ShouldBe(EgressFailure.ConnectFailed);
        failure.Message.ShouldBe($"127.0.0.1:{port} refused the connection. Check that the service runs, and that host and port are right.");
    }

    [Fact]
    public async Task Https_to_a_port_that_does_not_speak_it_is_a_failure_of_tls()
    {
        await using var listener = new RawListener(async (stream, cancellationToken) =>
        {
            await stream.WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), cancellationToken);
            await stream.ReadExactlyAsync(new byte[100_000], cancellationToken); // until the client leaves
        });
        using var http = OnLoopback();

        var failure = await http.FailsAsync(Get($"https://127.0.0.1:{listener.Port}/"));

        failure.Kind.ShouldBe(EgressFailure.TlsFailed);
        failure.IsTransient.ShouldBeTrue();
        failure.Message.ShouldStartWith($"No secure connection to 127.0.0.1:{listener.Port}: ");
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_a_failure_of_tls()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue.AddDays(-2));
        await using var listener = new RawListener(async (stream, cancellationToken) =>
        {
            await using var tls = new SslStream(stream);
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, cancellationToken);
            await tls.ReadExactlyAsync(new byte[100_000], cancellationToken); // until the client leaves
        });
        using var http = OnLoopback();

        var failure = await http.FailsAsync(Get($"https://127.0.0.1:{listener.Port}/"));

        failure.Kind.ShouldBe(EgressFailure.TlsFailed);
        failure.Message.ShouldContain("certificate");
    }

    [Theory]
    [InlineData("", "closed the connection before its answer was complete")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", "closed the connection before its answer was complete")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal", "closed the connection before its answer was complete")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n", "is not an HTTP answer")]
    [InlineData("SSH-2.0-OpenSSH_9.6\r\n\r\n\r\n", "is not an HTTP answer")]
    [InlineData("HTTP/1.1 abc\r\n\r\n", "is not an HTTP answer")]
    public async Task What_is_no_whole_http_answer_is_told(string answer, string part)
    {
        await using var listener = RawListener.Answering(answer);
        using var http = OnLoopback();

        var failure = await http.FailsAsync(Get(listener.Url));

        failure.Kind.ShouldBe(EgressFailure.Protocol);
        failure.Message.ShouldContain(part);
        failure.Message.ShouldContain($"127.0.0.1:{listener.Port}");
    }

    [Theory]
    [InlineData(100_000, 10)]
    [InlineData(1, 1_000_000)]
    public async Task A_flood_of_headers_is_refused(int count, int length)
    {
        var headers = new StringBuilder("HTTP/1.1 200 OK\r\n");
        for (var i = 0; i < count; i++)
            headers.Append("X-").Append(i).Append(": ").Append('x', length).Append("\r\n");
        await using var listener = RawListener.Answering(headers.Append("Content-Length: 0\r\n\r\n").ToString());
        using var http = OnLoopback();

        var failure = await http.FailsAsync(Get(listener.Url));

        failure.Kind.ShouldBe(EgressFailure.Protocol);
        failure.Message.ShouldContain("64 KiB of headers");
    }

    static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port; // bound a line above
    }
}
