using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Runs;

namespace FlowStudio.Web.Studio.Editor.Inspector;

/// <summary>Which of a node's steps is looked at: one of its iterations, and one of the attempts in it. Pure.</summary>
public sealed class StepChoice
{
    IReadOnlyList<StepAttempts> iterations = [];
    string? iteration;
    int? attempt;

    /// <summary>The iterations in which the node ran, in the order in which they began; one that is empty outside of loops.</summary>
    public int Iterations => iterations.Count;

    /// <summary>The chosen iteration, from 0; the newest until one is chosen.</summary>
    public int At { get; private set; }

    public IReadOnlyList<StepView> Attempts => iterations.Count == 0 ? [] : iterations[At].All;

    /// <summary>What is shown; null when the node was not reached.</summary>
    public StepView? Step { get; private set; }

    /// <summary>"2 of 40", or the path where loops lie in one another.</summary>
    public string Words => Step is { Iteration: { Count: > 1 } path } ? $"{string.Join('.', path.Select(i => i + 1))} ({At + 1} of {Iterations})" : $"{At + 1} of {Iterations}";

    public void Take(RunProgress? run, string nodeId)
    {
        iterations = run is null ? [] : [.. run.Outside.Concat(run.Inside).Where(s => s.All[0].NodeId == nodeId).OrderBy(s => s.All[0].Iteration, IterationOrder.Instance)];
        At = iteration is null ? Newest(run, nodeId) : Math.Max(0, IndexOf(iteration));
        Step = Attempts.LastOrDefault(s => attempt is null || s.Attempt == attempt) ?? Attempts.LastOrDefault();
    }

    public void Go(int to)
    {
        if (to < 0 || to >= Iterations)
            return;
        (iteration, attempt) = (PathOf(iterations[to]), null);
        At = to;
        Step = Attempts.LastOrDefault();
    }

    public void Try(int number)
    {
        attempt = number;
        Step = Attempts.LastOrDefault(s => s.Attempt == number) ?? Step;
    }

    /// <summary>The newest again, as it comes.</summary>
    public void Follow() => (iteration, attempt) = (null, null);

    int Newest(RunProgress? run, string nodeId) => run?.Latest(nodeId) is { } latest ? Math.Max(0, IndexOf(StepKey.PathOf(latest.Iteration))) : 0;

    int IndexOf(string path)
    {
        for (var i = 0; i < iterations.Count; i++)
        {
            if (PathOf(iterations[i]) == path)
                return i;
        }
        return -1;
    }

    static string PathOf(StepAttempts step) => StepKey.PathOf(step.All[0].Iteration);

    /// <summary>By number at each level: 2 before 10, an outer step before those inside it.</summary>
    sealed class IterationOrder : IComparer<IReadOnlyList<int>>
    {
        public static readonly IterationOrder Instance = new();

        public int Compare(IReadOnlyList<int>? x, IReadOnlyList<int>? y)
        {
            for (var i = 0; x is not null && y is not null && i < Math.Min(x.Count, y.Count); i++)
            {
                if (x[i] != y[i])
                    return x[i].CompareTo(y[i]);
            }
            return (x?.Count ?? 0).CompareTo(y?.Count ?? 0);
        }
    }
}
