using FlowStudio.Benchmarks.Processes;
using FlowStudio.Benchmarks.Report;

namespace FlowStudio.Benchmarks.Scenarios;

/// <summary>With a model that takes 50 ms nothing but the concurrency limit should bound the completed runs.</summary>
sealed class SlowModelScenario : IScenario
{
    const string Title = "Completed runs, model at 50 ms";
    const int Limit = 32;
    const double Bar = 0.85;
    static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(50);

    public string Name => "runs-50ms";

    public async Task RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        await using var stage = await Stage.StartAsync(new ServerSettings(bench.NewDirectory(Name), MaxConcurrentRuns: Limit), Delay, cancellationToken);
        var warm = bench.Phases.SlowRuns / 4;
        await Batch.RunAsync(stage, 0, warm, cancellationToken);
        var cores = Cores.Start(stage.Server.Id);
        var batch = await Batch.RunAsync(stage, warm, bench.Phases.SlowRuns, cancellationToken);
        var possible = Limit / Delay.TotalSeconds;
        bench.Table.Add(new ResultRow(Title, $"{Limit} runs at once: first webhook to last end", Format.Rate(batch.Whole),
            $"{Format.Percent(batch.Whole / possible)} of {Format.Rate(possible)}, the most that {Limit} at once allow; server {cores.Words(batch.Whole)}",
            $"≥ {Format.Percent(Bar)} of that", batch.Whole / possible >= Bar));
        var counts = await stage.Stub.CountsAsync(cancellationToken);
        var total = warm + bench.Phases.SlowRuns;
        bench.Table.Add(new ResultRow(Title, "calls of model, posts to logger, distinct posts",
            $"{Format.Count(counts.Completions)}, {Format.Count(counts.Logs)}, {Format.Count(counts.DistinctLogs)}", "", $"each {Format.Count(total)}",
            counts == new StubCounts(total, total, total, 0) && !await stage.AnyFailedAsync(cancellationToken)));
    }
}
