using System.Text.Json;
using System.Xml.Linq;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Tests.Egress;
using FlowStudio.Tests.Studio;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

/// <summary>What holds for every component, whoever adds one.</summary>
public class ComponentConformance
{
    public static TheoryData<string> Types => [.. NodeTest.Catalog.All.Select(d => d.Type)];

    [Fact]
    public void What_others_rely_on_is_kept_in_a_file() => GoldenFile.Matches("FlowStudio.Tests/Golden/components.json", GoldenComponents.Write(NodeTest.Catalog.All));

    [Theory, MemberData(nameof(Types))]
    public void The_icon_is_an_image_of_24_by_24_in_the_current_colour(string type)
    {
        var svg = XDocument.Parse(NodeTest.Catalog.Icon(type).ShouldNotBeNull()).Root.ShouldNotBeNull();
        svg.Name.LocalName.ShouldBe("svg");
        svg.Attribute("viewBox")?.Value.ShouldBe("0 0 24 24");
        svg.Attribute("stroke")?.Value.ShouldBe("currentColor");
        svg.DescendantsAndSelf().Select(e => e.Name.LocalName).Except(["svg", "path", "circle", "rect", "line", "polyline", "polygon", "ellipse"]).ShouldBeEmpty();
    }

    [Theory, MemberData(nameof(Types))]
    public void People_can_read_what_it_is_for(string type)
    {
        var descriptor = Descriptor(type);
        Line(descriptor.Summary);
        foreach (var help in descriptor.Fields.Select(f => f.Help).Concat(descriptor.Inputs.Select(i => i.Help)).Concat(descriptor.Outputs.Select(o => o.Help)))
            Line(help);
        descriptor.Fields.Select(f => f.Title).ShouldBeUnique();
        descriptor.Outputs.Select(o => o.Title).ShouldBeUnique();

        static void Line(string text)
        {
            text.ShouldNotBeNullOrWhiteSpace();
            text.ShouldEndWith(".");
            text.ShouldNotContain("\n");
        }
    }

    [Theory, MemberData(nameof(Types))]
    public void Defaults_are_valid_and_a_fresh_node_lacks_only_what_it_must(string type)
    {
        var node = new Node { Id = "n", Type = type };
        foreach (var problem in NodeTest.Catalog.ShapeOf(node).ShouldNotBeNull().FieldProblems)
            problem.Code.ShouldBe("missing_setting");
        foreach (var field in Descriptor(type).Fields.Where(f => f.DefaultValue.ValueKind is not JsonValueKind.Null))
            field.Reject(field.DefaultValue).ShouldBeNull(field.Name);
    }

    [Theory, MemberData(nameof(Types))]
    public void Settings_of_the_wrong_kind_are_problems_and_never_exceptions(string type)
    {
        foreach (var field in Descriptor(type).Fields.Where(f => f.Kind is not FieldKind.Json))
        {
            foreach (var bad in (string[])["{\"nested\":{}}", "[[]]", "{\"variable\":7}", "[{\"key\":1}]"])
            {
                var node = new Node { Id = "n", Type = type, Settings = new() { [field.Name] = NodeTest.Json(bad) } };
                NodeTest.Catalog.ShapeOf(node).ShouldNotBeNull().FieldProblems.ShouldContain(p => p.Field == field.Name && p.Severity == ProblemSeverity.Error, $"{field.Name} = {bad}");
            }
            var broken = new Node { Id = "n", Type = type, Settings = new() { [field.Name] = NodeTest.Json("\"\\ud800\"") } };
            NodeTest.Catalog.ShapeOf(broken).ShouldNotBeNull().FieldProblems.ShouldHaveSingleItem().Code.ShouldBe("invalid_setting");
        }
    }

    [Theory, MemberData(nameof(Types))]
    public void A_setting_that_nothing_reads_is_a_warning(string type)
    {
        var problem = NodeTest.Catalog.ShapeOf(new Node { Id = "n", Type = type, Settings = new() { ["nobody"] = JsonText.True } }).ShouldNotBeNull()
            .FieldProblems.Single(p => p.Code == "unknown_setting");
        (problem.Severity, problem.Field).ShouldBe((ProblemSeverity.Warning, "nobody"));
    }

    [Theory]
    [InlineData("LLM")]
    [InlineData("Agent")]
    [InlineData("StructuredOutput")]
    [InlineData("ApiRequest")]
    [InlineData("Delay")]
    [InlineData("URLComponent")]
    [InlineData("TavilySearchComponent")]
    public async Task What_takes_time_ends_at_once_when_canceled(string type)
    {
        // It hangs where nobody answers: the other side is a listener that only accepts.
        await using var silent = new RawListener((_, cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken));
        var node = new NodeTest(type).In("input_value", "\"x\"").In("input", "\"x\"").In("url_input", $"\"{silent.Url}\"").In("urls", $"\"{silent.Url}\"").In("query", "\"x\"");
        if (type == "TavilySearchComponent")
            node.Set("base_url", silent.Url);
        if (type == "Delay")
            node.Set("seconds", 1);
        if (type == "StructuredOutput")
            node.Set("output_schema", new { type = "object" });
        if (type is "LLM" or "Agent" or "StructuredOutput")
            node.Set("provider", "openai").Set("base_url", silent.Url);
        using var stop = new CancellationTokenSource();
        var run = node.RunAsync(stop.Token).AsTask();
        run.IsCompleted.ShouldBeFalse();
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => run.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
    }

    /// <summary>Run Flow asks its host only, Ask a person nobody at once; both wait as a sleeping run does. Respond tells its host, and waits for nobody.</summary>
    [Fact]
    public void What_takes_time_is_in_the_test_above() =>
        NodeTest.Catalog.All.Where(d => d.Effects is Effects.External).Select(d => d.Type).Order(StringComparer.Ordinal).ShouldBe(
        [
            "Agent",
            "ApiRequest",
            "AskPerson",
            "ChatInput",
            "ChatOutput",
            "DateTime",
            "Delay",
            "File",
            "LLM",
            "Memory",
            "Respond",
            "RunFlow",
            "StructuredOutput",
            "TavilySearchComponent",
            "URLComponent",
        ]);

    [Theory, MemberData(nameof(Types))]
    public async Task A_variables_value_is_in_no_error_about_a_setting(string type)
    {
        const string Canary = "canary-77e0c1";
        foreach (var field in Descriptor(type).Fields.Where(f => f is { Fixed: false, Kind: FieldKind.Number or FieldKind.Integer or FieldKind.Switch or FieldKind.Choice }))
        {
            var node = new NodeTest(type).Set("provider", "openai").Set("base_url", "http://127.0.0.1:1/v1").Set(field.Name, new { variable = "CANARY" }).Variable("CANARY", Canary)
                .In("input_value", "\"x\"").In("input", "\"x\"").In("data", "{}").In("url_input", "\"http://127.0.0.1:1/\"").Given("output_schema", new { type = "object" });
            var error = await node.FailsAsync();
            error.Code.ShouldBe("invalid_setting", field.Name);
            error.Message.ShouldContain("CANARY");
            (error.Message + error.Remedy + string.Concat(node.Logs.Select(l => l.Text))).ShouldNotContain(Canary);
        }
    }

    static ComponentDescriptor Descriptor(string type) => NodeTest.Catalog.Find(type).ShouldNotBeNull();
}
