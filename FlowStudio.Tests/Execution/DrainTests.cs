using FlowStudio.Engine.Runs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Execution;

public class DrainTests
{
    [Fact]
    public async Task A_stop_leaves_no_run_at_work_not_even_one_that_was_just_being_taken()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"flowstudio-test-{Guid.CreateVersion7():N}");
        var document = new FlowBuilder().Node("webhook", "Webhook").Node("out", "ChatOutput", new { data_template = "{n}" }).Edge("webhook.output_data", "out.input_value").Build();
        var ended = 0;
        try
        {
            for (var life = 0; life < 3; life++)
            {
                var runs = new List<Guid>();
                await using (var engine = await EngineFixture.StartAsync(folder, o => o.Runner.DrainSeconds = 0))
                {
                    var flow = await engine.AddFlowAsync(document);
                    for (var n = 0; n < 200; n++)
                        runs.Add(await engine.StartRunAsync(flow, $$"""{"n":{{n}}}"""));
                }
                await using var reader = await EngineFixture.StartAsync(folder, o => o.Runner.Paused = true);
                foreach (var run in runs)
                {
                    var types = (await reader.Runs.EventsAsync(run, 0, 1000, CancellationToken.None)).Select(e => e.Type).ToList();
                    types.Count(t => t is RunEventTypes.RunStarted or RunEventTypes.RunResumed)
                        .ShouldBe(types.Count(t => t is RunEventTypes.RunInterrupted or RunEventTypes.RunFinished), string.Join(' ', types));
                    ended += types.Count(t => t is RunEventTypes.RunFinished);
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        ended.ShouldBeGreaterThan(0, "the stop came in the middle");
    }
}
