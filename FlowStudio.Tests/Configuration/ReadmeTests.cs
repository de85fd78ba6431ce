using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using FlowStudio.Engine;
using FlowStudio.Web.Configuration;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Configuration;

/// <summary>What the README says is there.</summary>
public partial class ReadmeTests
{
    static readonly string Root = Path.GetFullPath(Path.Combine(Here(), "..", ".."));
    static readonly string Text = File.ReadAllText(Path.Combine(Root, "README.md"));

    [Fact]
    public void Its_table_has_every_key_and_no_other()
    {
        var told = Rows().Matches(Text).Select(m => m.Groups["key"].Value).ToList();
        told.ShouldBe(told.Distinct());
        told.Order().ShouldBe(OptionsReader.Keys(typeof(EngineOptions), typeof(WebOptions)).Order());
    }

    [Fact]
    public void Its_links_lead_somewhere()
    {
        var headings = Headings().Matches(Text).Select(m => m.Groups["title"].Value.Trim().ToLowerInvariant().Replace(' ', '-')).ToHashSet();
        foreach (var target in Links().Matches(Text).Select(m => m.Groups["target"].Value))
        {
            if (target.StartsWith('#'))
                headings.ShouldContain(target[1..]);
            else if (!target.StartsWith("http", StringComparison.Ordinal))
                File.Exists(Path.Combine(Root, target)).ShouldBeTrue(target);
        }
    }

    [Fact]
    public void Its_commands_name_projects_and_benchmarks_that_are_there()
    {
        foreach (var project in Projects().Matches(Text).Select(m => m.Groups["name"].Value).Distinct())
            Directory.Exists(Path.Combine(Root, project)).ShouldBeTrue(project);
        var program = File.ReadAllText(Path.Combine(Root, "FlowStudio.Benchmarks", "Program.cs"));
        var benchmarks = Benchmarks().Matches(Text).Select(m => m.Groups["name"].Value).Distinct().ToList();
        benchmarks.Count.ShouldBeGreaterThan(3);
        benchmarks.ShouldAllBe(name => program.Contains($"\"{name}\"", StringComparison.Ordinal));
    }

    static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path) ?? "";

    [GeneratedRegex("^\\| `(?<key>[A-Z][A-Za-z:]+)`[^|]*\\|[^|]*\\|[^|]*\\|[^|]*\\|$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Rows();

    [GeneratedRegex("^#+ (?<title>[^\n]+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Headings();

    [GeneratedRegex("\\]\\((?<target>[^)\\s]+)\\)", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Links();

    [GeneratedRegex("--project (?<name>[\\w.]+)", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Projects();

    [GeneratedRegex("FlowStudio\\.Benchmarks -- (?<name>\\w+)", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Benchmarks();
}
