using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Web.Studio.Editor;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

public class TweakSheetTests
{
    static readonly ComponentDescriptor Caller = new("Caller", "Caller", Category.Shape, Effects.Pure, "")
    {
        Fields =
        [
            Field.Text("name", "").Default("Ada"), Field.Switch("loud", ""), Field.Number("warmth", "").Default(0.5),
            new TextField("key", FieldKind.Secret, ""), Field.KeyValues("headers", ""), Field.Text("mode", "") with { ShownWhen = ("name", ["Zoë"]) },
        ],
        DynamicInputs = static _ => [new("wired", PortType.Message), new("free", PortType.Message)],
    };

    static readonly ComponentDescriptor Plain = new("Plain", "Plain", Category.Shape, Effects.Pure, "");

    static FlowDocument Document(params (string Name, object? Value)[] settings) => new()
    {
        Nodes =
        [
            new() { Id = "plain", Type = "Plain" },
            new() { Id = "a", Type = "Caller", Title = "Post", Settings = new(settings.Select(s => KeyValuePair.Create(s.Name, JsonSerializer.SerializeToElement(s.Value)))) },
            new() { Id = "off", Type = "Caller", Disabled = true },
            new() { Id = "unknown", Type = "Nobody" },
        ],
        Edges = [new() { From = new("plain", "x"), To = new("a", "wired") }],
    };

    static TweakSheet Sheet(FlowDocument document, Func<string, string>? redact = null) =>
        new(TweakSheet.NodesOf(document, type => type switch { "Caller" => Caller, "Plain" => Plain, _ => null }, redact ?? (static text => text)));

    static TweakField Of(TweakSheet sheet, string name) => sheet.Nodes.Single().Fields.Single(f => f.Name == name);

    [Fact]
    public void What_can_be_changed_are_settings_that_mean_something_and_variables_that_nothing_is_wired_to()
    {
        var sheet = Sheet(Document());
        sheet.Nodes.ShouldHaveSingleItem().Node.Id.ShouldBe("a");
        sheet.Nodes[0].Fields.Select(f => f.Name).ShouldBe(["name", "loud", "warmth", "key", "headers", "free"]);
        sheet.Json().ShouldBe("{}");
    }

    [Fact]
    public void A_tick_takes_the_value_as_it_is_and_writing_changes_it()
    {
        var sheet = Sheet(Document(("warmth", 0.7)));
        sheet.Toggle(Of(sheet, "warmth"));
        sheet.Toggle(Of(sheet, "name"));
        sheet.Json().ShouldBe("""{"a":{"name":"Ada","warmth":0.7}}""");
        sheet.SetText(Of(sheet, "warmth"), "1.25");
        sheet.SetText(Of(sheet, "name"), "Zoë's \"x\"");
        sheet.SetText(Of(sheet, "free"), "7");
        sheet.Json().ShouldBe("""{"a":{"name":"Zoë's \"x\"","warmth":1.25,"free":"7"}}""");
        sheet.Count.ShouldBe(3);
        sheet.SetText(Of(sheet, "warmth"), "");
        sheet.Toggle(Of(sheet, "name"));
        sheet.Toggle(Of(sheet, "free"));
        sheet.Json().ShouldBe("""{"a":{"warmth":null}}""");
    }

    [Fact]
    public void A_table_is_written_as_JSON()
    {
        var sheet = Sheet(Document());
        sheet.SetText(Of(sheet, "headers"), """[{"key":"a","value":"b"}]""");
        sheet.Json().ShouldBe("""{"a":{"headers":[{"key":"a","value":"b"}]}}""");
    }

    [Fact]
    public void A_secret_is_never_shown()
    {
        var document = Document(("name", "Bearer sk-known-secret"), ("key", "sk-pasted!"), ("headers", new[] { new { key = "Authorization", value = "Bearer abcdefgh" }, new { key = "Accept", value = "text/plain" } }));
        var sheet = Sheet(document, static text => text.Replace("sk-known-secret", "***KEY***", StringComparison.Ordinal));
        foreach (var field in sheet.Nodes[0].Fields)
            sheet.Toggle(field);
        var json = sheet.Json();
        json.ShouldNotContain("sk-");
        json.ShouldNotContain("abcdefgh");
        json.ShouldContain($"\"key\":\"{TweakSheet.HiddenName}\"");
        json.ShouldContain("Bearer ***KEY***");
        json.ShouldContain("text/plain");

        // The name of a variable is no secret.
        sheet = Sheet(Document(("key", "OPENAI_KEY")));
        sheet.Toggle(Of(sheet, "key"));
        sheet.Json().ShouldBe("""{"a":{"key":"OPENAI_KEY"}}""");
    }

    [Fact]
    public void What_was_chosen_stays_when_the_flow_changes_if_it_is_still_there()
    {
        var sheet = Sheet(Document());
        sheet.SetText(Of(sheet, "warmth"), "2");
        sheet.SetText(Of(sheet, "free"), "gone");
        var changed = Document(("name", "Grace"));
        changed = changed with { Edges = [.. changed.Edges, new() { From = new("plain", "y"), To = new("a", "free") }] };
        sheet.Over(Sheet(changed).Nodes).Json().ShouldBe("""{"a":{"warmth":2}}""");
    }

    [Fact]
    public void A_value_from_a_variable_is_edited_as_JSON()
    {
        var sheet = Sheet(Document(("name", new { variable = "WHO" })));
        var name = Of(sheet, "name");
        TweakSheet.IsJson(name).ShouldBeTrue();
        sheet.Toggle(name);
        sheet.Json().ShouldBe("""{"a":{"name":{"variable":"WHO"}}}""");
        sheet.SetText(name, "Ada");
        JsonElement.DeepEquals(sheet.Value(name), JsonText.Element("Ada")).ShouldBeTrue();
    }
}
