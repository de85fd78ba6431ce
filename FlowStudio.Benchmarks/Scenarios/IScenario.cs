namespace FlowStudio.Benchmarks.Scenarios;

/// <summary>One part of the benchmark; it starts what it needs, adds its rows, and leaves nothing running.</summary>
interface IScenario
{
    /// <summary>What <c>--only</c> calls it.</summary>
    string Name { get; }

    Task RunAsync(Bench bench, CancellationToken cancellationToken);
}
