using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

public partial class IconSheetTests
{
    [Fact]
    public void Every_icon_that_the_studio_names_is_on_the_icon_sheet()
    {
        var root = Root();
        var sheet = JsonSerializer.Deserialize<string[]>(File.ReadAllText(Path.Combine(root, "wwwroot-assets/icons.json")))!.ToHashSet();
        var named = Directory.EnumerateFiles(Path.Combine(root, "FlowStudio.Web/Studio"), "*.razor", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(Path.Combine(root, "wwwroot-assets/canvas/src"), "*.tsx"))
            .SelectMany(file => IconNames().Matches(File.ReadAllText(file)).SelectMany(m => Words().Matches(m.Value[(m.Value.IndexOf('=') + 1)..])).Select(w => w.Groups["name"].Value))
            .Where(name => name.Length > 0)
            .ToHashSet();
        named.Count.ShouldBeGreaterThan(20);
        named.Except(sheet).ShouldBeEmpty();
    }

    static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../.."));

    // <Icon Name="x">, Icon="x", <Icon name="x">, Name="@(condition ? "x" : "y")"
    [GeneratedRegex("""<Icon [Nn]ame="(?:@\([^)]*\)|[a-z0-9-]*)"|\bIcon="[a-z0-9-]+"|icon: "[a-z0-9-]+" """, RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex IconNames();

    [GeneratedRegex("\"(?<name>[a-z][a-z0-9-]*)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Words();
}
