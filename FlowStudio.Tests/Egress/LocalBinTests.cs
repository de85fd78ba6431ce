using FlowStudio.Engine.Egress;
using Shouldly;
using Xunit;
using static FlowStudio.Tests.Egress.Calls;

namespace FlowStudio.Tests.Egress;

public class LocalBinTests
{
    sealed class Bins(Func<GuardedRequest, CancellationToken, Task<GuardedResponse>>? answer = null) : ILocalBins
    {
        public List<GuardedRequest> Seen { get; } = [];

        public Task<GuardedResponse> SendAsync(GuardedRequest request, CancellationToken cancellationToken)
        {
            Seen.Add(request);
            return answer?.Invoke(request, cancellationToken) ?? Task.FromResult(new GuardedResponse { Status = 200, FinalUrl = request.Url });
        }
    }

    [Theory]
    [InlineData("/bin/orders", "/bin/orders")]
    [InlineData("/bin/orders/", "/bin/orders/")]
    [InlineData("/bin/orders/a/b.json?x=/../&y=%2e%2e//", "/bin/orders/a/b.json?x=/../&y=%2e%2e//")]
    [InlineData("/bin/orders#part", "/bin/orders")]
    [InlineData("/bin/caf%C3%A9/ü", "/bin/caf%C3%A9/ü")]
    [InlineData("/bin/a...b/...", "/bin/a...b/...")]
    public async Task A_bin_is_called_in_process_even_where_loopback_is_not_allowed(string url, string path)
    {
        var bins = new Bins();
        using var http = new GuardedHttp(new EgressOptions { AllowLoopback = false }, TimeProvider.System, bins);

        var response = await http.SendAsync(new GuardedRequest("POST", url) { Body = "x"u8.ToArray(), Headers = [Header("X-A", "1")] }, Ct);

        response.Status.ShouldBe(200);
        var seen = bins.Seen.ShouldHaveSingleItem();
        seen.Url.ShouldBe(path);
        seen.Body.ShouldNotBeNull().ToArray().ShouldBe("x"u8.ToArray());
        seen.Headers.ShouldBe([Header("X-A", "1")]);
    }

    [Theory]
    [InlineData("/bin")]
    [InlineData("/bin/")]
    [InlineData("/bin//orders")]
    [InlineData("/bin/orders//x")]
    [InlineData("/bin/../api")]
    [InlineData("/bin/orders/..")]
    [InlineData("/bin/./orders")]
    [InlineData("/bin/%2e%2e/api")]
    [InlineData("/bin/%2E./api")]
    [InlineData("/bin/a%2Fb")]
    [InlineData("/bin/a%5cb")]
    [InlineData("/bin/a\\b")]
    [InlineData("/bin/a%00")]
    [InlineData("/bin/a\r\nb")]
    [InlineData("/BIN/orders")]
    [InlineData("/api/v1/flows")]
    [InlineData("//bin/orders")]
    [InlineData("bin/orders")]
    public async Task No_other_relative_address_reaches_anything(string url)
    {
        var bins = new Bins();
        using var http = OnLoopback(bins: bins);

        var failure = await http.FailsAsync(Get(url));

        failure.Kind.ShouldBeOneOf(EgressFailure.Refused, EgressFailure.InvalidUrl);
        bins.Seen.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/api/v1/flows")]
    [InlineData("orders")]
    [InlineData("example.com/orders")]
    public async Task A_relative_address_is_told_that_only_bins_may_be(string url)
    {
        using var http = OnLoopback(bins: new Bins());

        (await http.FailsAsync(Get(url))).Message.ShouldContain("/bin/{name}");
    }

    [Fact]
    public async Task Headers_are_checked_for_bins_too()
    {
        var bins = new Bins();
        using var http = OnLoopback(bins: bins);

        (await http.FailsAsync(Get("/bin/orders") with { Headers = [Header("X", "a\nb")] })).Kind.ShouldBe(EgressFailure.InvalidHeader);

        bins.Seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_server_without_bins_says_so()
    {
        using var http = OnLoopback();

        (await http.FailsAsync(Get("/bin/orders"))).Message.ShouldContain("no request bins");
    }

    [Fact]
    public async Task A_bin_that_hangs_ends_by_the_calls_timeout_or_the_callers_wish()
    {
        using var caller = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var http = OnLoopback(bins: new Bins(async (_, cancellationToken) =>
        {
            reached.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new InvalidOperationException("not reached");
        }));

        (await http.FailsAsync(Get("/bin/orders") with { Timeout = TimeSpan.FromMilliseconds(50) })).Kind.ShouldBe(EgressFailure.TimedOut);

        var call = http.SendAsync(Get("/bin/orders"), caller.Token);
        await reached.Task;
        await caller.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(call);
    }

    [Fact]
    public async Task A_redirect_to_a_path_named_bin_stays_on_the_server_that_redirects()
    {
        var bins = new Bins();
        await using var listener = RawListener.Answering("HTTP/1.1 302 Found\r\nLocation: /bin/orders\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        using var http = OnLoopback(bins: bins);

        (await http.FailsAsync(Get(listener.Url) with { FollowRedirects = true })).Kind.ShouldBe(EgressFailure.RedirectLimit);

        bins.Seen.ShouldBeEmpty();
        listener.Accepted.ShouldBe(11);
    }
}
