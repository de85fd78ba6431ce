using System.Net;
using FlowStudio.Engine.Flows;
using FlowStudio.Tests.Components;
using FlowStudio.Web.Api;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api.Langflow;

/// <summary>What is said of a flow before it is taken to Langflow, and the file that the API gives.</summary>
public class LangflowExportTests(StudioServer server) : IClassFixture<StudioServer>
{
    public static TheoryData<string> Names => LangflowFiles.Names;

    static IReadOnlyList<ImportNote> Losses(FlowDocument document, Func<Flow, Flow>? change = null)
    {
        var flow = new Flow { Id = Guid.Parse("019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41"), Name = "Drawn", Draft = document };
        return LangflowFiles.Flows().Write(change is null ? flow : change(flow)).Notes;
    }

    [Theory, MemberData(nameof(Names))]
    public void Of_an_import_nothing_is_lost(string name) =>
        LangflowFiles.Flows().Write(LangflowFiles.Import(LangflowFiles.Read(name)).Flow).Notes.ShouldAllBe(n => n.Message.StartsWith("The file has names of variables", StringComparison.Ordinal));

    [Fact]
    public void What_Langflow_does_not_know_is_told_node_by_node()
    {
        var document = new FlowBuilder().Node("hook", "Webhook").Node("wait", "Delay", new { seconds = 5 }).Node("llm", "LLM", new { provider = "openai", api_key = "MY_KEY" })
            .Node("ask", "ApiRequest", new { url_input = "https://a.example.test", max_bytes = 5000, headers = new[] { new { key = "X", value = new { variable = "HEADER" } } } }).Node("out", "ChatOutput")
            .Edge("hook.output_data", "wait.input").Edge("wait.output", "ask.body").Build();
        document = document with { Nodes = [.. document.Nodes.Select(n => n.Id == "out" ? n with { Disabled = true, Retries = 2 } : n)] };
        var notes = Losses(document, f => f with { CompletionWebhook = "https://b.example.test", Limits = new() { Retries = 1 } });
        notes.Single(n => n.NodeId == "wait").Message.ShouldContain("Langflow has no component Delay");
        notes.Single(n => n.NodeId == "ask").Message.ShouldContain("no setting for");
        notes.Single(n => n.NodeId == "out").Message.ShouldContain("that the node is switched off and its retries");
        notes.ShouldContain(n => n.Message.StartsWith("5 nodes were made here", StringComparison.Ordinal));
        notes.Single(n => n.Message.Contains("names of variables", StringComparison.Ordinal)).Message.ShouldEndWith("not their values: HEADER, MY_KEY.");
        notes.Single(n => n.Message.Contains("no place for the flow", StringComparison.Ordinal)).Message.ShouldContain("webhook access, completion webhook and limits");
    }

    [Fact]
    public void The_demo_model_is_told_to_be_ours_alone()
    {
        var drawn = Losses(new FlowBuilder().Node("llm", "LLM").Build());
        drawn.Single(n => n.NodeId == "llm").Advice.ShouldBe("Choose a model in Langflow.");
        var imported = LangflowFiles.Import(LangflowFiles.Read("basic-prompting.json"), demoModel: true).Flow;
        LangflowFiles.Flows().Write(imported).Notes.ShouldContain(n => n.Advice == "The file keeps the model that it had.");
    }

    [Fact]
    public async Task The_file_is_given_by_the_API()
    {
        var id = await server.AddFlowAsync("taken-out");
        using var response = await server.Client.GetAsync($"/v1/flows/{id}/export?format=langflow");
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        response.Content.Headers.ContentDisposition.ShouldNotBeNull().FileName.ShouldNotBeNull().ShouldEndWith(".langflow.json");
        var file = await StudioServer.JsonAsync(response);
        file.GetProperty("data").GetProperty("nodes")[0].GetProperty("data").GetProperty("type").GetString().ShouldBe("Webhook");
        LangflowFiles.Import(file).Report.Placeholders.ShouldBeEmpty();
        using var unknown = await server.Client.GetAsync($"/v1/flows/{id}/export?format=visio");
        unknown.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await StudioServer.JsonAsync(unknown)).GetProperty("code").GetString().ShouldBe("invalid_format");
    }

    [Fact]
    public void Every_component_is_written_for_Langflow_or_told() => NodeTest.Catalog.All.ShouldAllBe(d =>
        Losses(new FlowDocument { Nodes = new[] { new Node { Id = "n", Type = d.Type, Position = new(0, 0) } } }, null).Count > 0);
}
