using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Web.Studio.Editor.Inspector;
using FlowStudio.Web.Studio.Runs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Inspector;

public sealed class TemplateDataTests : IAsyncLifetime
{
    readonly RunEvents events = new(Guid.Parse("019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41"));
    readonly RunProgress run = new(Guid.Parse("019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41"));
    EngineFixture? engine;

    ComponentCatalog Catalog => engine!.Get<ComponentCatalog>(); // started before each test

    public async ValueTask InitializeAsync() => engine = await EngineFixture.StartAsync();

    public ValueTask DisposeAsync() => engine?.DisposeAsync() ?? default;

    static FlowDocument Document(string template, string type = "DataToMessage", string port = "data", string field = "template", Func<Node, Node>? hook = null) => new()
    {
        Nodes =
        [
            (hook ?? (n => n))(new() { Id = "hook", Type = "Webhook" }),
            new() { Id = "text", Type = type, Settings = new() { [field] = JsonText.Element(template) } },
        ],
        Edges = [new() { From = new("hook", "output_data"), To = new("text", port) }],
    };

    (TemplateData Data, FieldModel Model) Of(FlowDocument document, string field = "template", RunProgress? of = null)
    {
        var node = document.Node("text").ShouldNotBeNull();
        var component = Catalog.Find(node.Type).ShouldNotBeNull();
        return (TemplateData.Of(of, document, Catalog, node), FieldModel.Of(node, component, []).Single(f => f.Field.Name == field));
    }

    RunProgress Ran(string output)
    {
        foreach (var view in (ReadOnlySpan<FlowStudio.Engine.Runs.RunEventView>)[events.Accepted(), events.Started(), events.NodeStarted("hook"), events.NodeFinished("hook", $$"""{"output_data":{{output}}}"""), events.NodeStarted("text")])
            run.Apply(view);
        return run;
    }

    [Fact]
    public void A_template_is_tried_with_what_came_in_last()
    {
        var document = Document("Order {order.id} of {customer.name}.");
        var (data, model) = Of(document, of: Ran("""{"order":{"id":4711},"customer":{"name":"Ada"}}"""));
        (data.Source, data.At).ShouldBe((TemplateSource.Run, run.AcceptedAt));
        data.Preview(model).ShouldBe("Order 4711 of Ada.");
        data.Paths(document, Catalog, model).Select(p => p.Path).ShouldBe(["order.id", "customer.name", "order", "customer", "data"]);
    }

    [Fact]
    public void A_list_gives_one_text_per_item_and_the_paths_of_its_first()
    {
        var document = Document("{sku}");
        var (data, model) = Of(document, of: Ran("""[{"sku":"A"},{"sku":"B"}]"""));
        data.Preview(model).ShouldBe("A\nB");
        data.Paths(document, Catalog, model)[0].ShouldBe(new("sku", "A"));
    }

    [Fact]
    public void A_plain_text_is_what_text_and_data_mean()
    {
        var document = Document("{text}!");
        var (data, model) = Of(document, of: Ran("\"hello\""));
        data.Preview(model).ShouldBe("hello!");
        data.Paths(document, Catalog, model)[0].ShouldBe(new("text", "hello"));
    }

    [Fact]
    public void Without_a_run_pinned_outputs_come_first_then_the_start_s_sample()
    {
        var sample = Document("{a}", hook: n => n with { Settings = new() { ["data"] = JsonText.Element("""{"a":"from the sample"}""") } });
        var (data, model) = Of(sample);
        (data.Source, data.Preview(model)).ShouldBe((TemplateSource.Sample, "from the sample"));
        var pinned = Document("{a}", hook: n => sample.Nodes[0] with { Pinned = new() { ["output_data"] = JsonText.Parse("""{"a":"pinned"}"""u8) } });
        (data, model) = Of(pinned);
        (data.Source, data.Preview(model)).ShouldBe((TemplateSource.Pinned, "pinned"));
    }

    [Fact]
    public void Without_anything_there_is_no_preview_but_what_other_templates_name_is_offered()
    {
        var document = Document("{order.id}");
        var (data, model) = Of(document);
        (data.Source, data.Preview(model)).ShouldBe((TemplateSource.None, null));
        data.Paths(document, Catalog, model).ShouldBe([new("order.id", "named elsewhere")]);
    }

    [Fact]
    public void A_wrong_template_has_no_preview()
    {
        var (data, model) = Of(Document("{order."), of: Ran("""{"order":{"id":1}}"""));
        data.Preview(model).ShouldBeNull();
    }

    [Fact]
    public void A_prompt_s_variables_are_its_inputs()
    {
        var document = Document("Answer {event}, please", "Prompt", "event");
        var (data, model) = Of(document, of: Ran("""{"text":"hi","sender":"User"}"""));
        data.Preview(model).ShouldBe("Answer hi, please");
        var paths = data.Paths(document, Catalog, model);
        paths[0].ShouldBe(new("event", "hi"));
        paths.Select(p => p.Path).ShouldContain("webhook");
    }

    [Fact]
    public void A_long_preview_is_cut()
    {
        var (data, model) = Of(Document("{text}"), of: Ran($"\"{new string('x', 50_000)}\""));
        data.Preview(model).ShouldNotBeNull().Length.ShouldBe(TemplateData.MaxPreview + 1);
    }

    [Fact]
    public void A_model_s_answer_that_is_JSON_is_gone_into()
    {
        var document = Document("{answer}", "Parser", "input_data", "pattern");
        var (data, model) = Of(document, "pattern", Ran("""{"text":"{\"answer\":42}","sender":"Machine"}"""));
        data.Preview(model).ShouldBe("42");
        data.Paths(document, Catalog, model)[0].ShouldBe(new("answer", "42"));
    }
}
