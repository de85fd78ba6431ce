using System.Net;
using System.Net.Sockets;
using FlowStudio.Engine.Egress;
using Shouldly;
using Xunit;
using static FlowStudio.Tests.Egress.Calls;

namespace FlowStudio.Tests.Egress;

public class ConnectorTests
{
    static readonly IPAddress Public = IPAddress.Parse("93.184.215.14");

    /// <summary>Answers 200 over loopback whatever address was asked for, and notes that address.</summary>
    sealed class Wire(int port)
    {
        public List<IPEndPoint> Dialled { get; } = [];
        public HashSet<IPAddress> Dead { get; } = [];

        public async ValueTask<Stream> DialAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
        {
            Dialled.Add(endPoint);
            if (Dead.Contains(endPoint.Address))
                throw new SocketException((int)SocketError.ConnectionRefused);
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
    }

    const string Ok = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";

    [Fact]
    public async Task A_name_that_changes_its_mind_is_dialled_at_the_address_that_was_checked()
    {
        await using var listener = RawListener.Answering(Ok);
        var wire = new Wire(listener.Port);
        var asked = 0;
        using var http = new GuardedHttp(
            new EgressOptions(), TimeProvider.System, bins: null, resolve: (_, _) => Task.FromResult<IPAddress[]>([asked++ is 0 ? Public : IPAddress.Loopback]), dial: wire.DialAsync);

        (await http.SendAsync(Get("http://rebind.example.test/"), Ct)).Text().ShouldBe("ok");
        wire.Dialled.ShouldBe([new IPEndPoint(Public, 80)]);
        asked.ShouldBe(1);

        // The next connection asks again, and is judged again.
        var refused = await http.FailsAsync(Get("http://rebind.example.test/"));
        refused.Kind.ShouldBe(EgressFailure.Refused);
        refused.Refusal.ShouldNotBeNull().Rule.ShouldBe("loopback");
        refused.Message.ShouldContain("rebind.example.test (127.0.0.1)");
        wire.Dialled.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("93.184.215.14", "127.0.0.1")]
    [InlineData("93.184.215.14", "::1")]
    [InlineData("10.0.0.1", "93.184.215.14")]
    [InlineData("93.184.215.14", "::ffff:169.254.169.254")]
    public async Task One_forbidden_address_forbids_the_name(string first, string second)
    {
        var wire = new Wire(0);
        using var http = new GuardedHttp(
            new EgressOptions(), TimeProvider.System, bins: null, resolve: (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse(first), IPAddress.Parse(second)]), dial: wire.DialAsync);

        (await http.FailsAsync(Get("http://mixed.example.test/"))).Kind.ShouldBe(EgressFailure.Refused);

        wire.Dialled.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_dead_address_does_not_hide_a_living_one()
    {
        await using var listener = RawListener.Answering(Ok);
        var wire = new Wire(listener.Port) { Dead = { IPAddress.Parse("2606:2800::1") } };
        using var http = new GuardedHttp(
            new EgressOptions(), TimeProvider.System, bins: null, resolve: (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("2606:2800::1"), Public]), dial: wire.DialAsync);

        (await http.SendAsync(Get("http://dual.example.test:8080/"), Ct)).Status.ShouldBe(200);

        wire.Dialled.ShouldBe([new IPEndPoint(IPAddress.Parse("2606:2800::1"), 8080), new IPEndPoint(Public, 8080)]);
    }

    [Fact]
    public async Task When_every_address_is_dead_the_last_failure_is_told()
    {
        var wire = new Wire(0) { Dead = { Public, IPAddress.Parse("1.1.1.1") } };
        using var http = new GuardedHttp(
            new EgressOptions(), TimeProvider.System, bins: null, resolve: (_, _) => Task.FromResult<IPAddress[]>([Public, IPAddress.Parse("1.1.1.1")]), dial: wire.DialAsync);

        var failure = await http.FailsAsync(Get("http://down.example.test/"));

        failure.Kind.ShouldBe(EgressFailure.ConnectFailed);
        failure.IsTransient.ShouldBeTrue();
        failure.Message.ShouldBe("down.example.test:80 refused the connection. Check that the service runs, and that host and port are right.");
    }

    [Fact]
    public async Task An_unknown_name_is_a_failure_of_dns()
    {
        using var http = new GuardedHttp(
            new EgressOptions(), TimeProvider.System, bins: null, resolve: (_, _) => throw new SocketException((int)SocketError.HostNotFound), dial: null);

        var failure = await http.FailsAsync(Get("http://nowhere.example.test/"));

        failure.Kind.ShouldBe(EgressFailure.DnsFailed);
        failure.IsTransient.ShouldBeTrue();
        failure.Message.ShouldStartWith("No address is known for nowhere.example.test.");
    }

    [Fact]
    public async Task A_name_without_addresses_is_a_failure_of_dns()
    {
        using var http = new GuardedHttp(new EgressOptions(), TimeProvider.System, bins: null, resolve: (_, _) => Task.FromResult<IPAddress[]>([]), dial: null);

        (await http.FailsAsync(Get("http://empty.example.test/"))).Kind.ShouldBe(EgressFailure.DnsFailed);
    }

    [Fact]
    public async Task A_connection_that_never_comes_ends_after_the_connect_timeout()
    {
        using var http = new GuardedHttp(
            new EgressOptions { ConnectTimeout = TimeSpan.FromMilliseconds(50) },
            TimeProvider.System,
            bins: null,
            resolve: (_, _) => Task.FromResult<IPAddress[]>([Public]),
            dial: async (_, cancellationToken) =>
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
                throw new InvalidOperationException("not reached");
            });

        var failure = await http.FailsAsync(Get("http://silent.example.test/"));

        failure.Kind.ShouldBe(EgressFailure.ConnectFailed);
        failure.Message.ShouldBe("No connection to silent.example.test within 50 ms. Check that the host is up, and that a firewall lets this server reach it.");
    }

    [Fact]
    public async Task A_silent_first_address_leaves_time_for_the_second()
    {
        await using var listener = RawListener.Answering(Ok);
        var wire = new Wire(listener.Port);
        using var http = new GuardedHttp(
            new EgressOptions { ConnectTimeout = TimeSpan.FromSeconds(2) },
            TimeProvider.System,
            bins: null,
            resolve: (_, _) => Task.FromResult(Enumerable.Range(1, 20).Select(n => IPAddress.Parse($"93.184.215.{n}")).Append(Public).ToArray()),
            dial: async (endPoint, cancellationToken) =>
            {
                if (!endPoint.Address.Equals(Public) && endPoint.Address.ToString() == "93.184.215.1")
                    await Task.Delay(Timeout.Infinite, cancellationToken);
                return await wire.DialAsync(endPoint, cancellationToken);
            });

        (await http.SendAsync(Get("http://half.example.test/"), Ct)).Status.ShouldBe(200);
        wire.Dialled.ShouldHaveSingleItem().Address.ToString().ShouldBe("93.184.215.2");
    }

    [Fact]
    public async Task Connections_are_reused()
    {
        await using var site = await LoopbackSite.StartAsync(context => context.Response.CompleteAsync());
        var dials = 0;
        using var http = new GuardedHttp(new EgressOptions(), TimeProvider.System, bins: null, resolve: (_, _) => Task.FromResult<IPAddress[]>([Public]), dial: (endPoint, cancellationToken) =>
        {
            dials++;
            return new Wire(site.Port).DialAsync(endPoint, cancellationToken);
        });

        for (var i = 0; i < 20; i++)
            (await http.SendAsync(Get("http://pooled.example.test/"), Ct)).Status.ShouldBe(200);

        dials.ShouldBe(1);
    }

    [Fact]
    public void No_proxy_no_cookies_no_redirects_of_its_own()
    {
        using var http = new GuardedHttp(new EgressOptions(), TimeProvider.System);

        http.Handler.UseProxy.ShouldBeFalse();
        http.Handler.UseCookies.ShouldBeFalse();
        http.Handler.AllowAutoRedirect.ShouldBeFalse();
        http.Handler.ActivityHeadersPropagator.ShouldBeNull();
        http.Handler.PooledConnectionLifetime.ShouldBe(TimeSpan.FromMinutes(5));
    }
}
