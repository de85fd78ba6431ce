using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Execution;

/// <summary>Random flows with parallel branches, joins, loops and switched-off nodes give what the plain evaluator gives.</summary>
public class RandomFlowTests
{
    const int Flows = 150;
    const int RunsEach = 8;

    [Fact]
    public async Task A_thousand_runs_of_random_flows_give_what_the_reference_gives()
    {
        await using var engine = await EngineFixture.StartAsync();
        var seen = new List<Step>();
        foreach (var seed in Gen.Sample(Gen.Choose(0, int.MaxValue - 1), Flows))
        {
            var document = RandomFlow.Draw(seed, pauses: 0.001);
            var flow = await engine.AddFlowAsync(document);
            var runs = await Task.WhenAll(Enumerable.Range(0, RunsEach).Select(async n => (Input: RandomFlow.Input(seed ^ n), Run: await engine.StartRunAsync(flow, RandomFlow.Input(seed ^ n)))));
            foreach (var (input, run) in runs)
                seen.AddRange(Check(document, input, await engine.EndOfAsync(run), $"seed {seed}"));
        }
        seen.ShouldContain(s => s.Status == StepStatus.Skipped && s.Iteration.Count == 0);
        seen.ShouldContain(s => s.Status == StepStatus.Skipped && s.Iteration.Count > 0);
        seen.ShouldContain(s => s.Iteration.Count == 3, "loops nest");
    }

    [Fact]
    public async Task Runs_that_are_stopped_in_the_middle_give_the_same_after_the_start()
    {
        var dice = new Random(Gen.Sample(Gen.Choose(0, int.MaxValue - 1), 1).Single());
        var directory = Path.Combine(Path.GetTempPath(), $"flowstudio-test-{Guid.CreateVersion7():N}");
        var open = new List<(FlowDocument Document, string Input, Guid Run, string Story)>();
        var interrupted = 0;
        for (var life = 0; life < 6; life++)
        {
            await using var engine = await EngineFixture.StartAsync(directory, o => o.Runner.DrainSeconds = 0);
            for (var i = 0; i < 10; i++)
            {
                var seed = dice.Next();
                var document = RandomFlow.Draw(seed, pauses: 0.02);
                var flow = await engine.AddFlowAsync(document);
                for (var n = 0; n < 2; n++)
                    open.Add((document, RandomFlow.Input(seed ^ n), await engine.StartRunAsync(flow, RandomFlow.Input(seed ^ n)), $"seed {seed}"));
            }
            var share = dice.Next(1, open.Count);
            await EngineFixture.UntilAsync(async () => RunNames.IsFinal((await engine.Runs.FindAsync(open[share].Run, CancellationToken.None)).ShouldNotBeNull().Status), "some runs have ended");
        }
        await using (var engine = await EngineFixture.StartAsync(directory))
        {
            foreach (var (document, input, run, story) in open)
            {
                Check(document, input, await engine.EndOfAsync(run), story);
                interrupted += (await engine.Runs.EventsAsync(run, 0, 100_000, CancellationToken.None)).Count(e => e.Type == RunEventTypes.RunInterrupted);
            }
        }
        interrupted.ShouldBeGreaterThan(0, "some runs were cut in the middle");
        Directory.Delete(directory, recursive: true);
    }

    /// <summary>Each step of the reference is there, as it gives it, and no other; the newest attempt counts.</summary>
    static IReadOnlyList<Step> Check(FlowDocument document, string input, RunDetails ended, string name)
    {
        var story = $"{name}: {FlowJson.ToText(document)} with {input}";
        ended.Run.Status.ShouldBe(RunStatus.Succeeded, $"{ended.Run.Error?.Message} {story}");
        var steps = ended.Steps.GroupBy(s => (s.NodeId, Path: string.Join('.', s.Iteration))).ToDictionary(g => g.Key, g => g.Last());
        var expected = new ReferenceEvaluator(document, JsonDocument.Parse(input).RootElement).Steps().ToList();
        steps.Keys.ShouldBe(expected.Select(e => (e.Node, Path: string.Join('.', e.Path))), ignoreOrder: true, story);
        foreach (var (node, path, gives) in expected.Where(e => document.Node(e.Node)?.Type != "Webhook"))
        {
            var step = steps[(node, string.Join('.', path))];
            var place = $"{node} [{string.Join('.', path)}] in {story}";
            step.Status.ShouldBe(gives is null ? StepStatus.Skipped : StepStatus.Succeeded, place);
            foreach (var (port, value) in gives ?? new Dictionary<string, JsonElement>())
            {
                var given = step.Output.Single(o => o.Key == port).Value;
                (port == "message" ? JsonText.OfMessage(given) : given.GetRawText()).ShouldBe(port == "message" ? JsonText.Of(value) : value.GetRawText(), place);
            }
        }
        return [.. steps.Values];
    }
}
