using System.Text.Json;
using AngleSharp.Dom;
using Bunit;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Secrets;
using FlowStudio.Web.Studio.Editor;
using FlowStudio.Web.Studio.Editor.Inspector;
using FlowStudio.Web.Studio.Editor.State;
using Shouldly;
using Xunit;
using Node = FlowStudio.Engine.Flows.Node;

namespace FlowStudio.Tests.Studio.Inspector;

/// <summary>The inspector over a real catalog and a state of its own, without a browser: the text editor is then its plain field.</summary>
public sealed class InspectorPaneTests : IAsyncLifetime
{
    readonly FlowLive live = new();
    StudioPage? studio;
    EditorState? editor;

    StudioPage Studio => studio!; // started before each test, as those below
    EditorState State => editor!;

    public async ValueTask InitializeAsync()
    {
        studio = await StudioPage.StartAsync();
        editor = new EditorState(studio.Engine.Get<ComponentCatalog>());
    }

    public ValueTask DisposeAsync() => studio?.DisposeAsync() ?? default;

    static Node A(string id, string type, params (string Name, JsonElement Value)[] settings)
    {
        var node = new Node { Id = id, Type = type };
        foreach (var (name, value) in settings)
            node.Settings[name] = value;
        return node;
    }

    IRenderedComponent<InspectorPane> Show(string? select, params Node[] nodes) => Show(new FlowDocument { Nodes = nodes }, Selection.Of(select));

    IRenderedComponent<InspectorPane> Show(FlowDocument document, Selection select)
    {
        State.Open(new Flow { Id = Guid.Parse("019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41"), Name = "Orders", Description = "What comes in.", Draft = document });
        State.Select(select);
        return Studio.Context.Render<InspectorPane>(p => p.Add(x => x.State, State).Add(x => x.Live, live));
    }

    JsonElement? Setting(string node, string field) => State.Document.Node(node)!.Settings.TryGetValue(field, out var value) ? value : null;

    static IElement Field(IRenderedComponent<InspectorPane> pane, string field, string selector) => pane.Find($"[data-field={field}] {selector}");

    /// <summary>Types into a text editor, which says so when the typing pauses.</summary>
    static Task WriteAsync(IRenderedComponent<InspectorPane> pane, string label, string text)
    {
        var written = pane.FindComponents<CodeEditor>().Single(c => c.Instance.Label == label);
        return written.InvokeAsync(() => written.Instance.Changed(text));
    }

    static void More(IRenderedComponent<InspectorPane> pane) => pane.Find("button.more").Click();

    [Fact]
    public void Nothing_chosen_shows_the_flow_and_its_problems()
    {
        var pane = Show(select: null, A("p", "Prompt"));
        pane.Find("h2").TextContent.ShouldBe("Orders");
        pane.Markup.ShouldContain("What comes in.");
        pane.Find(".defs").Words().ShouldContain("1 to mend");
    }

    [Fact]
    public void A_line_of_text_is_an_edit_when_it_is_left_and_empty_takes_the_default_again()
    {
        var pane = Show("call", A("call", "ApiRequest"));
        Field(pane, "url_input", "input").Change("https://example.test/");
        Setting("call", "url_input")!.Value.GetString().ShouldBe("https://example.test/");
        State.History.UndoName.ShouldBe("Change url of API Request");
        Field(pane, "url_input", "input").Change("");
        Setting("call", "url_input").ShouldBeNull();
    }

    [Fact]
    public void Typing_is_told_when_it_pauses()
    {
        var pane = Show("call", A("call", "ApiRequest"));
        Field(pane, "url_input", "input").Input("https://");
        Setting("call", "url_input").ShouldBeNull();
        pane.WaitForAssertion(() => Setting("call", "url_input").ShouldNotBeNull().GetString().ShouldBe("https://"));
    }

    [Fact]
    public async Task What_is_undone_elsewhere_is_shown()
    {
        var pane = Show("call", A("call", "ApiRequest"));
        Field(pane, "url_input", "input").Change("https://example.test/");
        await pane.InvokeAsync(() => State.Undo());
        pane.WaitForAssertion(() => Field(pane, "url_input", "input").GetAttribute("value").ShouldBeNullOrEmpty());
    }

    [Fact]
    public async Task A_template_is_an_edit_with_its_problem_at_the_field()
    {
        var pane = Show("text", A("text", "DataToMessage"));
        await WriteAsync(pane, "Template", "Order {order.");
        Setting("text", "template")!.Value.GetString().ShouldBe("Order {order.");
        pane.WaitForAssertion(() => Field(pane, "template", ".field-error").Words().ShouldContain("line 1, column 7"));
        pane.Find("[data-field=template]").ClassList.ShouldContain("wrong");
    }

    [Fact]
    public void A_setting_that_is_needed_says_so()
    {
        var pane = Show("p", A("p", "Prompt"));
        Field(pane, "template", ".note").TextContent.ShouldBe("needed");
        Field(pane, "template", ".field-error").Words().ShouldContain("has no value");
    }

    [Fact]
    public void A_number_is_read_bounded_and_reset()
    {
        var pane = Show("loop", A("loop", "Loop"));
        Field(pane, "max_items", "input").Change("50");
        Setting("loop", "max_items")!.Value.GetDouble().ShouldBe(50);
        Field(pane, "max_items", "input").Change("0");
        pane.WaitForAssertion(() => Field(pane, "max_items", ".field-error").Words().ShouldContain("between 1 and 100000"));
        Field(pane, "max_items", "input").Change("many");
        Field(pane, "max_items", ".field-error").Words().ShouldContain("is no number");
        Setting("loop", "max_items")!.Value.GetDouble().ShouldBe(0);
        Field(pane, "max_items", "button[aria-label^=Reset]").Click();
        Setting("loop", "max_items").ShouldBeNull();
    }

    [Fact]
    public void A_slider_stands_where_both_ends_are_near()
    {
        var pane = Show("llm", A("llm", "LLM", ("provider", JsonText.Element("openai"))));
        Field(pane, "temperature", "input[type=range]").Input("0.4");
        pane.WaitForAssertion(() => Setting("llm", "temperature").ShouldNotBeNull().GetDouble().ShouldBe(0.4));
        Field(pane, "temperature", ".number-input input").GetAttribute("value").ShouldBe("0.4");
    }

    [Fact]
    public void A_switch_and_a_choice_are_edits()
    {
        var pane = Show("call", A("call", "ApiRequest"));
        More(pane);
        Field(pane, "follow_redirects", "button[role=switch]").Click();
        Setting("call", "follow_redirects")!.Value.GetBoolean().ShouldBeTrue();
        Field(pane, "method", "select").Change("POST");
        Setting("call", "method")!.Value.GetString().ShouldBe("POST");
        Field(pane, "mode", "button[role=radio]:last-child").Click();
        Setting("call", "mode")!.Value.GetString().ShouldBe("cURL");
    }

    [Fact]
    public void Only_settings_that_mean_something_are_shown()
    {
        var pane = Show("llm", A("llm", "LLM"));
        pane.FindAll("[data-field=model_name]").ShouldBeEmpty();
        Field(pane, "provider", "select").Change("anthropic");
        pane.WaitForAssertion(() => Field(pane, "model_name", "input").GetAttribute("placeholder").ShouldBe("claude-sonnet-5-5"));
    }

    [Fact]
    public void A_model_s_name_is_suggested_and_any_other_is_taken()
    {
        var pane = Show("llm", A("llm", "LLM", ("provider", JsonText.Element("openai"))));
        Field(pane, "model_name", "input").Click();
        pane.WaitForAssertion(() => Field(pane, "model_name", "[role=option]").Words().ShouldStartWith("gpt-4o-mini"));
        Field(pane, "model_name", "input").KeyDown("ArrowDown");
        Field(pane, "model_name", "input").KeyDown("Enter");
        pane.WaitForAssertion(() => Setting("llm", "model_name").ShouldNotBeNull().GetString().ShouldBe("gpt-4o-mini"));
        Field(pane, "model_name", "input").Input("my-own-model");
        pane.WaitForAssertion(() => Setting("llm", "model_name")!.Value.GetString().ShouldBe("my-own-model"));
    }

    [Fact]
    public async Task A_secret_is_a_variable_s_name_and_its_value_is_never_on_the_page()
    {
        var vault = Studio.Engine.Get<SecretVault>();
        await vault.SetAsync("SHOP_KEY", "sk-very-secret-value", secret: true, Xunit.TestContext.Current.CancellationToken);
        var pane = Show("llm", A("llm", "LLM", ("provider", JsonText.Element("openai"))));
        Field(pane, "api_key", "input").Click();
        pane.WaitForAssertion(() => Field(pane, "api_key", "[role=option]"));
        pane.FindAll("[data-field=api_key] [role=option]").First(o => o.Words() == "SHOP_KEY").Click();
        Setting("llm", "api_key")!.Value.GetString().ShouldBe("SHOP_KEY");
        pane.Markup.ShouldNotContain("sk-very-secret-value");
    }

    [Theory]
    [InlineData("sk-proj-abcdefghijklmnop")]
    [InlineData("sk_live_51Habcdefghijklmnopqrstuvwx")]
    public void A_secret_that_is_pasted_is_not_taken(string secret)
    {
        var pane = Show("llm", A("llm", "LLM", ("provider", JsonText.Element("openai"))));
        Field(pane, "api_key", "input").Click();
        Field(pane, "api_key", "input").Input(secret);
        pane.WaitForAssertion(() => Field(pane, "api_key", ".suggest-nothing").Words().ShouldContain("looks like a value"));
        Field(pane, "api_key", "input").Blur();
        Setting("llm", "api_key").ShouldBeNull();
        FlowJson.ToText(State.Document).ShouldNotContain(secret);
    }

    [Fact]
    public void A_setting_can_come_from_a_variable()
    {
        var pane = Show("call", A("call", "ApiRequest", ("url_input", JsonText.Parse("""{"variable":"SHOP_URL"}"""u8))));
        Field(pane, "url_input", ".note").TextContent.ShouldBe("from a variable");
        Field(pane, "url_input", "[role=combobox]").GetAttribute("value").ShouldBe("SHOP_URL");
        Field(pane, "url_input", ".field-error").Words().ShouldContain("There is no variable SHOP_URL");
        Field(pane, "url_input", "button[aria-pressed=true]").Click();
        Setting("call", "url_input").ShouldBeNull();
        Field(pane, "url_input", "input").GetAttribute("role").ShouldBeNull();
    }

    [Fact]
    public void A_table_s_rows_are_added_moved_and_removed()
    {
        var pane = Show("call", A("call", "ApiRequest"));
        Field(pane, "headers", ".kv-add").Click();
        pane.FindAll("[data-field=headers] .kv-row input")[0].Change("A");
        pane.FindAll("[data-field=headers] .kv-row input")[1].Change("1");
        Field(pane, "headers", ".kv-add").Click();
        pane.FindAll("[data-field=headers] .kv-row input")[2].Change("B");
        Setting("call", "headers")!.Value.GetRawText().ShouldBe("""[{"key":"A","value":"1"},{"key":"B","value":""}]""");
        pane.FindAll("[data-field=headers] .kv-grip")[1].KeyDown("ArrowUp");
        Setting("call", "headers")!.Value.GetRawText().ShouldBe("""[{"key":"B","value":""},{"key":"A","value":"1"}]""");
        pane.FindAll("[data-field=headers] button[aria-label^=Remove]")[0].Click();
        Setting("call", "headers")!.Value.GetRawText().ShouldBe("""[{"key":"A","value":"1"}]""");
    }

    [Fact]
    public async Task JSON_is_kept_as_such_and_what_is_none_as_text()
    {
        var pane = Show("call", A("call", "ApiRequest", ("method", JsonText.Element("POST"))));
        await WriteAsync(pane, "Body", """{"a":1}""");
        Setting("call", "body")!.Value.GetProperty("a").GetInt32().ShouldBe(1);
        await WriteAsync(pane, "Body", """{"a":""");
        Setting("call", "body")!.Value.GetString().ShouldBe("""{"a":""");
        Field(pane, "body", ".field-help.warn").Words().ShouldContain("Kept as a text");
    }

    [Fact]
    public async Task Files_are_listed_and_taken_off_the_list()
    {
        var files = Studio.Engine.Get<FlowStudio.Engine.Files.IFileStore>();
        var file = await files.SaveAsync("orders.csv", "text/csv", new MemoryStream([1, 2, 3]), Xunit.TestContext.Current.CancellationToken);
        var pane = Show("file", A("file", "File", ("path", JsonSerializer.SerializeToElement(new[] { file.Id.ToString() }))));
        pane.WaitForAssertion(() => Field(pane, "path", ".file-row").Words().ShouldBe("orders.csv 3 bytes"));
        Field(pane, "path", ".file-row button").Click();
        Setting("file", "path").ShouldBeNull();
        (await files.FindAsync(file.Id, Xunit.TestContext.Current.CancellationToken)).ShouldNotBeNull();
        var list = pane.FindComponent<FileList>();
        await list.InvokeAsync(() => list.Instance.Sending(1, "new.csv", 200, 50));
        Field(pane, "path", ".file-row").Words().ShouldBe("new.csv 25 %");
        await list.InvokeAsync(() => list.Instance.Sent(1, file.Id.ToString(), ""));
        Setting("file", "path")!.Value.GetRawText().ShouldBe($"[\"{file.Id}\"]");
    }

    [Fact]
    public async Task A_flow_to_run_is_found_by_its_name()
    {
        var flow = await Studio.AddFlowAsync();
        var pane = Show("sub", A("sub", "RunFlow"));
        Field(pane, "flow", "input").Click();
        pane.WaitForAssertion(() => Field(pane, "flow", "[role=option]"));
        Field(pane, "flow", "[role=option]").Click();
        Setting("sub", "flow")!.Value.GetString().ShouldBe(flow.EndpointName ?? flow.Id.ToString());
        pane.WaitForAssertion(() => Field(pane, "flow", "a.link").TextContent.ShouldBe(flow.Name));
    }

    [Fact]
    public void The_built_in_model_answers_a_test()
    {
        var pane = Show("llm", A("llm", "LLM"));
        pane.Find(".model-test button").Click();
        pane.WaitForAssertion(() => pane.Find(".model-answer").Words().ShouldContain("said:"));
    }

    [Fact]
    public void A_model_without_a_key_fails_the_test_in_words()
    {
        var pane = Show("llm", A("llm", "LLM", ("provider", JsonText.Element("anthropic")), ("api_key", JsonText.Element("NOWHERE"))));
        pane.Find(".model-test button").Click();
        pane.WaitForAssertion(() => pane.Find(".model-answer .field-error").Words().ShouldContain("NOWHERE"));
    }

    [Fact]
    public void Retries_time_limit_and_the_switch_are_edits_with_defaults_that_stay_quiet()
    {
        var pane = Show("llm", A("llm", "LLM"));
        pane.Find("#node-retries").GetAttribute("placeholder").ShouldBe("flow's default, 4");
        pane.Find("#node-timeout").GetAttribute("placeholder").ShouldBe("120 s");
        pane.Find("#node-retries").Change("2");
        pane.Find("#node-timeout").Change("12.5 s");
        pane.Find("#node-on").Click();
        var node = State.Document.Node("llm")!;
        (node.Retries, node.Timeout, node.Disabled).ShouldBe((2, 12.5, true));
        pane.Find("#node-retries").Change("200");
        pane.Find(".timing .field-error").Words().ShouldContain("0 to 20");
        State.Document.Node("llm")!.Retries.ShouldBe(2);
    }

    [Fact]
    public void A_node_is_renamed_in_place()
    {
        var pane = Show("llm", A("llm", "LLM"));
        pane.Find(".title-btn").Click();
        pane.Find(".title-input").Change("The writer");
        State.Document.Node("llm")!.Title.ShouldBe("The writer");
        pane.Find(".title-btn").TextContent.ShouldBe("The writer");
        pane.Find(".title-btn").Click();
        pane.Find(".title-input").Change("LLM");
        State.Document.Node("llm")!.Title.ShouldBe("");
    }

    [Fact]
    public void Several_things_are_counted_and_handled_together()
    {
        var pane = Show(new FlowDocument { Nodes = [A("a", "LLM"), A("b", "Prompt") with { Disabled = true }], Notes = [new() { Id = "n", Text = "hi" }] }, new Selection(["a", "b"], ["n"]));
        pane.Find("h2").TextContent.ShouldBe("2 nodes, 1 note");
        pane.FindAll(".act-list button").First(b => b.Words().StartsWith("Disable", StringComparison.Ordinal)).Click();
        State.Document.Nodes.ShouldAllBe(n => n.Disabled);
        pane.FindAll(".act-list button").First(b => b.Words().StartsWith("Delete", StringComparison.Ordinal)).Click();
        (State.Document.Nodes.Count, State.Document.Notes.Count).ShouldBe((0, 0));
        State.Undo().ShouldBeTrue();
        State.Document.Nodes.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_note_has_its_text_and_colour()
    {
        var pane = Show(new FlowDocument { Notes = [new() { Id = "n", Text = "hi" }] }, new Selection([], ["n"]));
        await WriteAsync(pane, "Text of the note", "# Hello");
        State.Document.Notes[0].Text.ShouldBe("# Hello");
        pane.FindAll(".swatch")[1].Click();
        State.Document.Notes[0].Color.ShouldNotBeNullOrEmpty();
        pane.FindAll(".swatch")[0].Click();
        State.Document.Notes[0].Color.ShouldBeNull();
    }

    [Fact]
    public async Task Offline_everything_can_be_read_and_nothing_changed()
    {
        var pane = Show("call", A("call", "ApiRequest", ("headers", JsonText.Parse("""[{"key":"A","value":"1"}]"""u8))));
        await pane.InvokeAsync(() => State.Offline = true);
        pane.WaitForAssertion(() => pane.Find(".inspector-offline").ClassList.ShouldContain("on"));
        pane.FindAll(".inspector-tab input, .inspector-tab textarea").ShouldAllBe(e => e.HasAttribute("readonly") || e.HasAttribute("disabled"));
        pane.FindAll(".inspector-tab select, .inspector-tab [role=switch], .inspector-tab [role=radio]").ShouldAllBe(e => e.HasAttribute("disabled"));
    }

    [Fact]
    public void A_type_that_nobody_knows_keeps_what_it_holds()
    {
        var pane = Show("x", A("x", "Teleport", ("speed", JsonText.Element("warp"))));
        pane.Find(".banner").Words().ShouldContain("no component of the type Teleport");
        pane.Find(".json").Words().ShouldContain("warp");
    }

    [Fact]
    public void Every_component_s_settings_can_be_shown()
    {
        foreach (var component in State.Catalog.All)
        {
            var pane = Show("n", A("n", component.Type));
            if (pane.FindAll("button.more") is [var more])
                more.Click();
            pane.FindAll("[data-field]").Count.ShouldBe(component.Fields.Count(f => SettingText.Applies(component, State.Document.Node("n")!, f)), component.Type);
        }
    }

    [Fact]
    public async Task Output_shows_the_last_run_and_is_pinned_edited_and_unpinned()
    {
        Run("""{"text":"Order 7"}""");
        var pane = Show("text", A("text", "DataToMessage"));
        pane.FindAll("[role=tab]")[2].Click();
        pane.Find(".json").Words().ShouldContain("Order 7");
        pane.Find("button[aria-label='Pin this output']").Click();
        State.Document.Node("text")!.Pinned!["text"].GetString().ShouldBe("Order 7");
        pane.Find(".pin-card button").Click();
        await WriteAsync(pane, "Pinned output", """{"nonsense":1}""");
        pane.Find(".pin-card .primary").Click();
        pane.Find(".pin-card .field-error").Words().ShouldContain("no output nonsense");
        await WriteAsync(pane, "Pinned output", """{"text":"Order 8"}""");
        pane.Find(".pin-card .primary").Click();
        State.Document.Node("text")!.Pinned!["text"].GetString().ShouldBe("Order 8");
        pane.FindAll(".pin-card button").First(b => b.Words() == "Unpin").Click();
        State.Document.Node("text")!.Pinned.ShouldBeNull();
    }

    [Fact]
    public void A_failure_says_what_to_do()
    {
        var events = new RunEvents(Guid.Parse("019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41"));
        live.Seed(events.RunId, [events.Accepted(), events.Started(), events.NodeStarted("text"), events.NodeFailed("text")]);
        var pane = Show("text", A("text", "DataToMessage"));
        pane.FindAll("[role=tab]")[2].Click();
        pane.FindAll(".banner.bad p").Select(p => p.TextContent).ShouldBe(["No answer within 30 s.", "Raise the node's time limit."]);
        pane.Find(".node-log").Words().ShouldContain("No answer within 30 s.");
    }

    [Fact]
    public void Without_a_run_the_tabs_say_what_would_be_there()
    {
        var pane = Show("text", A("text", "DataToMessage"));
        pane.FindAll("[role=tab]")[1].Click();
        pane.Find(".empty").Words().ShouldContain("goes into this node is shown here");
    }

    [Fact]
    public async Task A_curl_command_becomes_settings_in_one_step()
    {
        var pane = Show("call", A("call", "ApiRequest", ("follow_redirects", JsonText.True), ("timeout", JsonText.Parse("5"u8))));
        pane.FindAll("button").First(b => b.Words() == "Paste curl").Click();
        await WriteAsync(pane, "curl command", "curl -X PUT https://example.test/a -H 'X-One: 1' -d '{\"a\":1}'");
        pane.Find("dialog .defs").Words().ShouldContain("https://example.test/a");
        pane.FindAll("dialog button").First(b => b.Words() == "Take over").Click();
        Setting("call", "method")!.Value.GetString().ShouldBe("PUT");
        Setting("call", "url_input")!.Value.GetString().ShouldBe("https://example.test/a");
        Setting("call", "follow_redirects").ShouldBeNull();
        Setting("call", "timeout").ShouldNotBeNull();
        State.Undo().ShouldBeTrue();
        Setting("call", "method").ShouldBeNull();
        Setting("call", "follow_redirects").ShouldNotBeNull();
    }

    [Fact]
    public async Task What_is_no_curl_command_says_so()
    {
        var pane = Show("call", A("call", "ApiRequest"));
        pane.FindAll("button").First(b => b.Words() == "Paste curl").Click();
        await WriteAsync(pane, "curl command", "wget https://example.test/");
        pane.Find("dialog .field-error").Words().ShouldContain("must begin with curl");
        pane.Find("dialog .primary").HasAttribute("disabled").ShouldBeTrue();
    }

    void Run(string output)
    {
        var events = new RunEvents(Guid.Parse("019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41"));
        live.Seed(events.RunId, [events.Accepted(), events.Started(), events.NodeStarted("text"), events.NodeFinished("text", output)]);
    }
}
