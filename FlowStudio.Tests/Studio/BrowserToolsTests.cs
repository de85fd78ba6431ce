using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

public partial class BrowserToolsTests
{
    [Fact]
    public void Every_function_of_the_browser_that_is_called_is_there()
    {
        var root = Root();
        var called = CallPattern().Matches(File.ReadAllText(Path.Combine(root, "FlowStudio.Web/Studio/Shared/BrowserTools.cs"))).Select(m => m.Groups["name"].Value)
            .Where(n => n != "import").Distinct().ToList();
        var module = File.ReadAllText(Path.Combine(root, "wwwroot-assets/shell/studio.ts"));
        var exported = FunctionPattern().Matches(module).Select(m => m.Groups["name"].Value)
            .Concat(ListPattern().Matches(module).SelectMany(m => m.Groups["names"].Value.Split(',', StringSplitOptions.TrimEntries))).ToHashSet(StringComparer.Ordinal);
        called.Count.ShouldBeGreaterThan(10);
        called.Where(n => !exported.Contains(n)).ShouldBeEmpty();
    }

    static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here) ?? "", "../.."));

    [GeneratedRegex("""Invoke(?:Void)?Async(?:<[^>]*>)?\("(?<name>\w+)""", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex CallPattern();

    [GeneratedRegex(@"^export (?:async )?function (?<name>\w+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex FunctionPattern();

    [GeneratedRegex(@"^export \{(?<names>[^}]*)\}", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex ListPattern();
}
