using FlowStudio.Engine.Flows;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Flows;

public class FlowRulesTests
{
    static Flow Flow(string name = "Orders") => new() { Id = Guid.CreateVersion7(), Name = name, Draft = new() };

    [Theory]
    [InlineData("orders")]
    [InlineData("Orders-2_new")]
    [InlineData("a")]
    [InlineData("importer")]
    [InlineData("1234567890123456789012345678901234567890123456789012345678901234")]
    [InlineData(null)]
    public void A_name_that_fits_into_a_url_is_taken(string? name) => FlowRules.CheckEndpointName(name).ShouldBeNull();

    [Theory]
    [InlineData("", "invalid_endpoint_name")]
    [InlineData("two words", "invalid_endpoint_name")]
    [InlineData("a/b", "invalid_endpoint_name")]
    [InlineData("größe", "invalid_endpoint_name")]
    [InlineData("orders\n", "invalid_endpoint_name")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345", "invalid_endpoint_name")]
    [InlineData("import", "reserved_endpoint_name")]
    [InlineData("Export", "reserved_endpoint_name")]
    [InlineData("validate", "reserved_endpoint_name")]
    [InlineData("preview", "reserved_endpoint_name")]
    [InlineData("search", "reserved_endpoint_name")]
    [InlineData("COUNT", "reserved_endpoint_name")]
    [InlineData("0198f1a2-7c3b-7d4e-8f5a-6b7c8d9e0f10", "endpoint_name_is_id")]
    [InlineData("0198f1a27c3b7d4e8f5a6b7c8d9e0f10", "endpoint_name_is_id")]
    public void A_name_that_does_not_fit_is_refused_with_advice(string name, string code)
    {
        var problem = FlowRules.CheckEndpointName(name).ShouldNotBeNull();
        problem.Code.ShouldBe(code);
        problem.Field.ShouldBe("endpoint_name");
        problem.Advice.ShouldNotBeEmpty();
    }

    [Fact]
    public void An_ordinary_flow_has_no_problems() =>
        FlowRules.Check(Flow() with { EndpointName = "orders", Tags = ["sales", "eu"], Limits = new() { RunTimeout = 60, MaxConcurrentRuns = 4, Retries = 0, KeepDays = 0.5, KeepRuns = 1 } }).ShouldBeEmpty();

    [Fact]
    public void Every_problem_is_told_at_once()
    {
        var flow = Flow(" ") with
        {
            Description = new string('d', FlowRules.MaxDescriptionLength + 1),
            EndpointName = "a b",
            Tags = [.. Enumerable.Repeat("", FlowRules.MaxTags), new string('t', FlowRules.MaxTagLength + 1)],
            Limits = new() { RunTimeout = double.NaN, MaxConcurrentRuns = 0, Retries = 21, KeepDays = 0, KeepRuns = 0 },
        };
        var problems = FlowRules.Check(flow);
        problems.Select(p => p.Field).Distinct().ShouldBe(["name", "description", "endpoint_name", "tags", "limits.run_timeout", "limits.max_concurrent_runs", "limits.retries", "limits.keep_days", "limits.keep_runs"]);
        problems.ShouldAllBe(p => p.Severity == ProblemSeverity.Error && p.Advice.Length > 0);
    }

    [Fact]
    public void A_name_may_have_200_characters()
    {
        FlowRules.Check(Flow(new string('n', 200))).ShouldBeEmpty();
        FlowRules.Check(Flow(new string('n', 201))).ShouldHaveSingleItem().Code.ShouldBe("name_too_long");
    }
}
