using System.Net;
using FlowStudio.Web.Security;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Security;

public class FailureLimitTests
{
    readonly ManualTime time = new();

    [Fact]
    public void Ten_failures_close_the_door_for_the_rest_of_the_minute()
    {
        var limit = new FailureLimit(time);
        var address = IPAddress.Parse("192.0.2.1");
        for (var i = 0; i < 10; i++)
        {
            limit.Wait(address).ShouldBeNull();
            limit.Add(address);
        }
        limit.Wait(address).ShouldBe(TimeSpan.FromMinutes(1));
        limit.Wait(IPAddress.Parse("192.0.2.2")).ShouldBeNull();
        time.Advance(TimeSpan.FromSeconds(59));
        limit.Wait(address).ShouldBe(TimeSpan.FromSeconds(1));
        time.Advance(TimeSpan.FromSeconds(1));
        limit.Wait(address).ShouldBeNull();
    }

    [Fact]
    public void An_IPv6_network_is_one_party_and_a_mapped_address_is_the_IPv4_one()
    {
        var limit = new FailureLimit(time);
        for (var i = 0; i < 10; i++)
        {
            limit.Add(IPAddress.Parse($"2001:db8::{i + 1}"));
            limit.Add(IPAddress.Parse("192.0.2.9"));
        }
        limit.Wait(IPAddress.Parse("2001:db8::ffff:1")).ShouldNotBeNull();
        limit.Wait(IPAddress.Parse("2001:db8:0:1::1")).ShouldBeNull();
        limit.Wait(IPAddress.Parse("::ffff:192.0.2.9")).ShouldNotBeNull();
    }

    [Fact]
    public void A_flood_of_addresses_does_not_grow_it()
    {
        var limit = new FailureLimit(time);
        for (var i = 0; i < 25_000; i++)
            limit.Add(new IPAddress(BitConverter.GetBytes(i + 1)));
        limit.Count.ShouldBeLessThanOrEqualTo(10_000);
    }
}
