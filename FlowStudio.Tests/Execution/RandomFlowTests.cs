using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Execution;

/// <summary>Random flows with parallel branches, joins and switched-off nodes give what the plain evaluator gives.</summary>
public class RandomFlowTests
{
    const int Flows = 100;
    const int RunsEach = 10;

    [Fact]
    public async Task A_thousand_runs_of_random_flows_give_what_the_reference_gives()
    {
        await using var engine = await EngineFixture.StartAsync();
        var skipped = 0;
        foreach (var document in Gen.Sample(Documents(), Flows))
        {
            var flow = await engine.AddFlowAsync(document);
            var runs = await Task.WhenAll(Enumerable.Range(0, RunsEach).Select(async n =>
            {
                var input = $$"""{"a":"{{n}}","b":{{n * 7}},"c":"x{y}"}""";
                return (input, run: await engine.StartRunAsync(flow, input));
            }));
            foreach (var (input, run) in runs)
            {
                var ended = await engine.EndOfAsync(run);
                skipped += ended.Steps.Count(s => s.Status is StepStatus.Skipped);
                Check(document, input, ended);
            }
        }
        skipped.ShouldBeGreaterThan(0, "the flows have switched-off nodes");
    }

    static void Check(FlowDocument document, string input, RunDetails ended)
    {
        var story = $"{FlowJson.ToText(document)} with {input}";
        ended.Run.Status.ShouldBe(RunStatus.Succeeded, story);
        var reference = new ReferenceEvaluator(document, JsonDocument.Parse(input).RootElement);
        foreach (var node in document.Nodes.Where(n => n.Type != "Webhook"))
        {
            var step = ended.Steps.Single(s => s.NodeId == node.Id);
            var expected = reference.TextOf(node.Id);
            step.Status.ShouldBe(expected is null ? StepStatus.Skipped : StepStatus.Succeeded, $"{node.Id} in {story}");
            if (expected is not null)
                JsonText.OfMessage(step.Output.First(o => o.Key is "text" or "prompt" or "message").Value).ShouldBe(expected, $"{node.Id} in {story}");
        }
    }

    /// <summary>A webhook, a few texts from its data, layers of prompts that join earlier nodes, and one or two outputs.</summary>
    static Gen<FlowDocument> Documents() =>
        from seed in Gen.Choose(0, int.MaxValue - 1)
        from texts in Gen.Choose(1, 4)
        from prompts in Gen.Choose(0, 12)
        select Draw(new Random(seed), texts, prompts);

    static FlowDocument Draw(Random dice, int texts, int prompts)
    {
        var flow = new FlowBuilder().Node("in", "Webhook");
        var sources = new List<(string Id, string Port)>();
        for (var i = 0; i < texts; i++)
        {
            flow.Node($"t{i}", "DataToMessage", new { template = $"t{i}:{{{"abc"[dice.Next(3)]}}}/{{a}}" }, disabled: dice.Next(10) == 0).Edge("in.output_data", $"t{i}.data");
            sources.Add(($"t{i}", "text"));
        }
        for (var i = 0; i < prompts; i++)
        {
            var variables = dice.Next(1, 4);
            flow.Node($"p{i}", "Prompt", new { template = $"p{i}[{string.Join('|', Enumerable.Range(0, variables).Select(v => $"{{v{v}}}"))}]" }, disabled: dice.Next(15) == 0);
            for (var v = 0; v < variables; v++)
            {
                var (id, port) = sources[dice.Next(sources.Count)];
                flow.Edge($"{id}.{port}", $"p{i}.v{v}");
            }
            sources.Add(($"p{i}", "prompt"));
        }
        for (var i = 0; i < dice.Next(1, 3); i++)
        {
            var (id, port) = sources[dice.Next(sources.Count)];
            flow.Node($"out{i}", "ChatOutput").Edge($"{id}.{port}", $"out{i}.input_value");
        }
        return flow.Build();
    }
}
