using System.Globalization;
using System.Text;

namespace FlowStudio.Benchmarks.Report;

/// <summary>One figure of a benchmark run.</summary>
/// <param name="Scenario">What was measured.</param>
/// <param name="Figure">Which of its figures.</param>
/// <param name="Value">The figure with its unit.</param>
/// <param name="Ratio">The figure beside the one it is judged by, taken in the same run; empty when there is none.</param>
/// <param name="Bar">What is asked of it; empty when nothing is.</param>
/// <param name="Passed">Whether it holds the bar; null when there is none.</param>
sealed record ResultRow(string Scenario, string Figure, string Value, string Ratio = "", string Bar = "", bool? Passed = null);

/// <summary>The figures in the order they were measured, shown on the console as they come.</summary>
sealed class ResultTable(TextWriter console)
{
    readonly List<ResultRow> rows = [];

    public IReadOnlyList<ResultRow> Rows => rows;

    public bool AllPassed => rows.TrueForAll(row => row.Passed is not false);

    public void Add(ResultRow row)
    {
        rows.Add(row);
        console.WriteLine($"  {row.Scenario}: {row.Figure} = {row.Value}{(row.Ratio.Length > 0 ? $" ({row.Ratio})" : "")}{(row.Bar.Length > 0 ? $" [bar {row.Bar}: {Verdict(row)}]" : "")}");
    }

    public string ToMarkdown()
    {
        var text = new StringBuilder("| Scenario | Figure | Value | Ratio | Bar | |\n|---|---|---:|---|---|---|\n");
        var previous = "";
        foreach (var row in rows)
        {
            var scenario = string.Equals(row.Scenario, previous, StringComparison.Ordinal) ? "" : row.Scenario;
            text.Append(CultureInfo.InvariantCulture, $"| {scenario} | {row.Figure} | {row.Value} | {row.Ratio} | {row.Bar} | {Verdict(row)} |\n");
            previous = row.Scenario;
        }
        return text.ToString();
    }

    static string Verdict(ResultRow row) => row.Passed switch { true => "pass", false => "**FAIL**", null => "" };
}

/// <summary>Numbers for readers.</summary>
static class Format
{
    public static string Rate(double perSecond) => string.Create(CultureInfo.InvariantCulture, $"{perSecond:N0}/s");

    public static string Milliseconds(long nanoseconds) => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e6:0.00} ms");

    public static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB");

    public static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.00} s");

    public static string Percent(double part) => string.Create(CultureInfo.InvariantCulture, $"{part * 100:0.0} %");

    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);
}
