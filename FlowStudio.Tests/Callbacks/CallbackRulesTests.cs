using System.Security.Cryptography;
using System.Text;
using FlowStudio.Engine.Callbacks;
using FlowStudio.Engine.Runs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Callbacks;

/// <summary>Signature, retries, circuit breaking and addresses, each by itself.</summary>
public class CallbackRulesTests
{
    static readonly DateTimeOffset Now = new(2026, 11, 21, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_signature_is_the_HMAC_of_id_seconds_and_body()
    {
        var key = Enumerable.Range(0, 32).Select(i => (byte)i).ToArray();
        var expected = Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"msg_1.{Now.ToUnixTimeSeconds()}.{{\"a\":1}}")));
        WebhookSignature.Sign("msg_1", Now.AddMilliseconds(999), "{\"a\":1}"u8, "whsec_" + Convert.ToBase64String(key)).ShouldBe($"v1,{expected}");
    }

    [Fact]
    public void Two_live_secrets_give_two_signatures_with_a_blank_between()
    {
        var (one, two) = (Convert.ToBase64String(new byte[32]), Convert.ToBase64String([.. Enumerable.Repeat((byte)7, 32)]));
        WebhookSignature.Sign("m", Now, "x"u8, one, two).ShouldBe($"{WebhookSignature.Sign("m", Now, "x"u8, one)} {WebhookSignature.Sign("m", Now, "x"u8, two)}");
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(2, 300)]
    [InlineData(3, 1800)]
    [InlineData(4, 7200)]
    [InlineData(5, 18_000)]
    [InlineData(6, 36_000)]
    [InlineData(7, 50_400)]
    [InlineData(8, 72_000)]
    [InlineData(9, 86_400)]
    public void Retries_come_at_the_times_of_the_specification(int tries, double seconds)
    {
        RetrySchedule.After(tries, asked: null, 0.5).ShouldBe(TimeSpan.FromSeconds(seconds));
        RetrySchedule.After(tries, asked: null, 0).ShouldBe(TimeSpan.FromSeconds(seconds * 0.9));
        RetrySchedule.After(tries, asked: null, 1).ShouldBe(TimeSpan.FromSeconds(seconds * 1.1));
    }

    [Fact]
    public void The_tenth_attempt_is_the_last() => RetrySchedule.After(10, asked: null, 0.5).ShouldBeNull();

    [Theory]
    [InlineData(60, 60)]
    [InlineData(1, 5)]
    [InlineData(999_999, 86_400)]
    public void A_receiver_that_asks_for_time_gets_it_up_to_a_day(double asked, double seconds) =>
        RetrySchedule.After(1, TimeSpan.FromSeconds(asked), 0.5).ShouldBe(TimeSpan.FromSeconds(seconds));

    [Fact]
    public void A_server_that_fails_gets_one_message_at_a_time_and_after_five_failures_none()
    {
        var state = new EndpointState();
        state.Free(4, Now).ShouldBe(4);
        state.Came(alive: false, Now).ShouldBeFalse();
        state.Free(4, Now).ShouldBe(1);
        for (var i = 2; i < EndpointState.OpensAfter; i++)
            state.Came(alive: false, Now).ShouldBeFalse();
        state.Came(alive: false, Now).ShouldBeTrue();
        state.Free(4, Now).ShouldBe(0);
        var until = state.ClosedUntil.ShouldNotBeNull();
        state.Free(4, until).ShouldBe(1);
        state.InFlight.Add(Guid.CreateVersion7());
        state.Free(4, until).ShouldBe(0);
    }

    [Fact]
    public void A_server_is_left_alone_for_longer_each_time_and_at_once_trusted_when_it_answers()
    {
        var (state, pauses, now) = (new EndpointState(), new List<double>(), Now);
        for (var i = 0; i < EndpointState.OpensAfter + 5; i++)
        {
            if (state.Came(alive: false, now))
                pauses.Add(((state.ClosedUntil ?? now) - now).TotalSeconds);
            now = state.ClosedUntil ?? now;
        }
        pauses.ShouldBe([30, 60, 120, 240, 300, 300]);
        state.Came(alive: true, now).ShouldBeFalse();
        state.Free(4, now).ShouldBe(4);
    }

    [Theory]
    [InlineData("https://a.example/hook", "https://a.example/hook")]
    [InlineData("https://a.example/hook?token=s3cret&x=1", "https://a.example/hook?token=***&x=***")]
    [InlineData("https://a.example/hook?s3cret", "https://a.example/hook?***")]
    [InlineData("https://a.example/hook?a=&b", "https://a.example/hook?a=&***")]
    [InlineData("https://a.example/hook?a=1#s3cret", "https://a.example/hook?a=***")]
    [InlineData("/bin/orders?token=s3cret", "/bin/orders?token=***")]
    public void What_is_shown_of_an_address_has_no_values(string url, string shown)
    {
        CallbackUrl.Redact(url).ShouldBe(shown);
        new CallbackTarget(url, CallbackSource.Flow).ToString().ShouldNotContain("s3cret");
    }

    [Theory]
    [InlineData("https://a.example/hook?token=***", "https://a.example/hook?token=s3cret")]
    [InlineData("https://a.example/other?x=2&token=***", "https://a.example/other?x=2&token=s3cret")]
    [InlineData("https://b.example/hook?x=1", "https://b.example/hook?x=1")]
    [InlineData("https://b.example/hook?token=***", null)]
    [InlineData("https://a.example/hook?other=***", null)]
    [InlineData("https://a.example/hook?***", null)]
    [InlineData("https://a.example/***", "https://a.example/***")]
    public void A_hidden_value_comes_back_only_for_its_own_server(string given, string? meant) =>
        CallbackUrl.Restore(given, "https://a.example/hook?token=s3cret").ShouldBe(meant);

    [Fact]
    public void A_receiver_that_repeats_the_token_does_not_show_it() =>
        CallbackUrl.Hide("https://a.example/?token=s3cret%2Bx", "got s3cret+x and s3cret%2Bx").ShouldBe("got *** and ***");

    [Theory]
    [InlineData("https://A.example/x?y", "https://a.example")]
    [InlineData("https://a.example:443/x", "https://a.example")]
    [InlineData("http://a.example:8080/", "http://a.example:8080")]
    [InlineData("/bin/orders", "/bin")]
    public void An_endpoint_is_scheme_host_and_port(string url, string endpoint) => CallbackUrl.Endpoint(url).ShouldBe(endpoint);
}
