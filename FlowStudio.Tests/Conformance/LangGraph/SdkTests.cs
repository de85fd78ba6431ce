using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Conformance.LangGraph;

/// <summary>The SDK that LangGraph's users have, in both of its living generations, against the real server. What must hold stands in the script.</summary>
public sealed class SdkTests(GraphServer server) : IClassFixture<GraphServer>
{
    static readonly string[] MoreSteps = ["assistants", "keeping", "threadStream", "neverBegun"];

    static readonly string[] AskSteps = ["answers", "streams", "severalAndUpdates", "stops", "newBeginnings", "answeredElsewhere"];

    static readonly string[] Steps = ["assistants", "threads", "conversation", "create", "streams", "resume", "cancel", "multitask", "crons", "webhooks", "failure"];

    [Theory]
    [InlineData("2", "")]
    [InlineData("1", "")]
    [InlineData("2", "/langgraph")]
    public async Task The_SDK_does_all_it_can(string generation, string mount)
    {
        var said = await NodeClients.RunAsync("langgraph.mjs", generation, server.Url + mount, "chat", "slow");
        said.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldBe(Steps.Select(s => $"ok {s}"));
    }

    [Theory]
    [InlineData("2")]
    [InlineData("1")]
    public async Task And_what_goes_beyond_runs(string generation)
    {
        var said = await NodeClients.RunAsync("langgraph-more.mjs", generation, server.Url, "chat", "slow");
        said.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldBe(MoreSteps.Select(s => $"ok {s}"));
    }

    [Theory]
    [InlineData("2")]
    [InlineData("1")]
    public async Task With_a_person_in_the_loop(string generation)
    {
        var said = await NodeClients.RunAsync("langgraph-ask.mjs", generation, server.Url, "chat", "slow");
        said.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldBe(AskSteps.Select(s => $"ok {s}"));
    }
}
