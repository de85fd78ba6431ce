using FlowStudio.Engine.Egress;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Egress;

public class EgressOptionsTests
{
    [Fact]
    public void The_defaults_are_valid() => new EgressOptions().Validate().ShouldBeEmpty();

    [Theory]
    [InlineData("erp.internal:8080")]
    [InlineData("10.20.0.0/16")]
    [InlineData("10.20.0.0/16:443")]
    [InlineData("192.168.1.7/32")]
    [InlineData("0.0.0.0/0")]
    [InlineData("[fd12::1]:9000")]
    [InlineData("fd12::/16")]
    [InlineData("fd12::/16:443")]
    [InlineData(" ollama:11434 ")]
    [InlineData("my_service:80")]
    [InlineData("bücher.internal:443")]
    public void A_usable_entry_is_accepted(string entry) => new EgressOptions { AllowedPrivateTargets = [entry] }.Validate().ShouldBeEmpty();

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("erp.internal", "names no port")]
    [InlineData("10.0.0.5", "10.0.0.5/32")]
    [InlineData("10.0.0.5", "10.0.0.5:8080")]
    [InlineData("fd12::1", "[fd12::1]:8080")]
    [InlineData("[fd12::1]", "names no port")]
    [InlineData("http://erp.internal:8080", "it is a URL")]
    [InlineData("erp.internal:0", "1 to 65535")]
    [InlineData("erp.internal:65536", "1 to 65535")]
    [InlineData("erp.internal:http", "not a port")]
    [InlineData("*.internal:80", "wildcards are not read")]
    [InlineData("user@erp.internal:80", "not a host name")]
    [InlineData("erp internal:80", "not a host name")]
    [InlineData(":80", "names no port")]
    [InlineData("10.0.0.0/33", "write /32")]
    [InlineData("fd12::/129", "write /128")]
    [InlineData("10.0.0.5/8", "write 10.0.0.0/8, or 10.0.0.5/32")]
    [InlineData("10/8", "four decimal numbers")]
    [InlineData("010.0.0.0/8", "four decimal numbers")]
    [InlineData("10.0.0.0/-1", "not a network")]
    [InlineData("10.0.0.0/8:x", "not a port")]
    [InlineData("10.0.0.0/8:1:2", "not a network")]
    [InlineData("erp.internal/8", "not a network")]
    [InlineData("::ffff:10.0.0.0/104", "10.0.0.0")]
    [InlineData("169.254.169.254:80", "never called")]
    [InlineData("169.254.0.0/16", "never called")]
    [InlineData("169.254.7.0/24", "never called")]
    [InlineData("fe80::/10", "never called")]
    [InlineData("metadata.google.internal:80", "never called")]
    public void An_unusable_entry_is_named_with_its_key_and_what_to_write(string entry, string part)
    {
        var problem = new EgressOptions { AllowedPrivateTargets = ["ok.internal:1", entry] }.Validate().ShouldHaveSingleItem();

        problem.ShouldStartWith($"FlowStudio:Egress:AllowedPrivateTargets:1 is \"{entry}\": ");
        problem.ShouldContain(part);
    }

    [Fact]
    public void Every_problem_is_told_at_once()
    {
        var options = new EgressOptions
        {
            AllowedPrivateTargets = ["a", "b\r\nforged line"],
            MaxResponseBytes = 0,
            ConnectTimeout = TimeSpan.Zero,
            UserAgent = "Flow\nStudio",
        };

        var problems = options.Validate().ToArray();

        problems.Length.ShouldBe(5);
        problems.ShouldContain(p => p.StartsWith("FlowStudio:Egress:MaxResponseBytes is 0: ", StringComparison.Ordinal));
        problems.ShouldContain(p => p.StartsWith("FlowStudio:Egress:ConnectTimeout is 00:00:00: ", StringComparison.Ordinal));
        problems.ShouldContain(p => p.StartsWith("FlowStudio:Egress:UserAgent is \"Flow?Studio\": ", StringComparison.Ordinal));
        problems.ShouldAllBe(p => !p.Contains('\n'));
        Should.Throw<ArgumentException>(() => new AddressGuard(options)).Message.ShouldContain("MaxResponseBytes");
    }
}
