using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Web.Api.Docs;
using FlowStudio.Web.Studio.Editor;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

public class SnippetsTests
{
    static readonly string Body = SampleBody.Json(["order.id", "customer.name", "payment.status"], indented: false);

    public static IEnumerable<TheoryDataRow<SnippetMode, SnippetLanguage>> All() =>
        from topic in SnippetTopics.All from language in topic.Languages select new TheoryDataRow<SnippetMode, SnippetLanguage>(topic.Mode, language);

    [Theory]
    [MemberData(nameof(All))]
    public void A_snippet_of_a_flow_with_a_token(SnippetMode mode, SnippetLanguage language) =>
        Matches(Token, mode, language, "token");

    static readonly WebhookCall Token = new("http://localhost:7860/", "order-updates", WebhookAccess.Token, "wht_7QmExample", Body, Zone: "Europe/Berlin", AgentToken: "agt_3kTExample")
    {
        CompletionSecret = "whsec_c2VjcmV0IG9mIGFuIGV4YW1wbGU",
        Tweaks = """{"Webhook": {"data": "{\"order\": {\"id\": 4711}}"}}""",
    };

    public static IEnumerable<TheoryDataRow<SnippetMode, SnippetLanguage>> Foreign() =>
        from topic in SnippetTopics.All
        where topic.Kind is SnippetKind.Completion or SnippetKind.LangGraph or SnippetKind.Langflow or SnippetKind.Answers
        from language in topic.Languages
        where topic.Mode is not SnippetMode.Receive
        select new TheoryDataRow<SnippetMode, SnippetLanguage>(topic.Mode, language);

    [Theory]
    [MemberData(nameof(Foreign))]
    public void A_snippet_of_a_chat_on_a_server_whose_API_asks_for_a_key(SnippetMode mode, SnippetLanguage language) =>
        Matches(Token with { AsksForKey = true, TakesChat = true, Tweaks = """{"LLM-1": {"temperature": 0.2}}""" }, mode, language, "chat");

    [Fact]
    public void Every_topic_is_offered_once_and_says_what_it_does()
    {
        SnippetTopics.All.Select(t => t.Mode).ShouldBe(Enum.GetValues<SnippetMode>(), ignoreOrder: true);
        SnippetTopics.All.ShouldAllBe(t => t.About.Length > 20 && t.Languages.Count > 0);
        SnippetTopics.Of(SnippetMode.Receive).In(SnippetLanguage.Curl).ShouldBe(SnippetLanguage.Python);
        SnippetTopics.Of(SnippetMode.Receive).In(SnippetLanguage.CSharp).ShouldBe(SnippetLanguage.CSharp);
    }

    [Theory]
    [InlineData("http://localhost:8000/done", 8000, "/done")]
    [InlineData("http://127.0.0.1:9123/hooks/a?token=x", 9123, "/hooks/a")]
    [InlineData("https://orders.example.com/hooks/done", 8000, "/hooks/done")]
    [InlineData("http://localhost:8000", 8000, "/done")]
    [InlineData("/bin/orders", 8000, "/done")]
    [InlineData("no address", 8000, "/done")]
    public void A_receiver_listens_where_its_address_says(string address, int port, string path)
    {
        var call = Token with { Receiver = address };
        (call.ReceiverPort, call.ReceiverPath).ShouldBe((port, path));
    }

    public static IEnumerable<TheoryDataRow<WebhookAccess, SnippetMode, SnippetLanguage>> ByAccess() =>
        from access in new[] { WebhookAccess.ApiKey, WebhookAccess.Signed }
        from mode in new[] { SnippetMode.Start, SnippetMode.Stream, SnippetMode.Poll }
        from language in Enum.GetValues<SnippetLanguage>()
        select new TheoryDataRow<WebhookAccess, SnippetMode, SnippetLanguage>(access, mode, language);

    [Theory]
    [MemberData(nameof(ByAccess))]
    public void A_snippet_of_a_flow_that_asks_for_a_key_or_a_signature(WebhookAccess access, SnippetMode mode, SnippetLanguage language) =>
        Matches(new("http://localhost:7860/", "order-updates", access, "whsec_c2VjcmV0IG9mIGFuIGV4YW1wbGU", Body, AsksForKey: true), mode, language, WebhookAccessNames.Of(access));

    [Theory]
    [InlineData(SnippetMode.Start)]
    [InlineData(SnippetMode.Wait)]
    public void A_snippet_of_an_open_flow_of_a_server_whose_API_asks_for_a_key(SnippetMode mode)
    {
        var call = new WebhookCall("https://flows.example.com", "019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41", WebhookAccess.Open, null, """{"text": "it's $HOME \\ \"x\"", "yes": true, "no": null}""",
            AsksForKey: true);
        foreach (var language in Enum.GetValues<SnippetLanguage>())
            Matches(call, mode, language, "open");
    }

    public static IEnumerable<TheoryDataRow<string, WebhookAccess, SnippetLanguage>> ByMethod() =>
        from kind in new[] { ("GET", WebhookAccess.Token), ("HEAD", WebhookAccess.Open), ("PUT", WebhookAccess.Signed), ("DELETE", WebhookAccess.Signed) }
        from language in Enum.GetValues<SnippetLanguage>()
        select new TheoryDataRow<string, WebhookAccess, SnippetLanguage>(kind.Item1, kind.Item2, language);

    [Theory]
    [MemberData(nameof(ByMethod))]
    public void A_snippet_of_a_flow_that_takes_another_method_and_answers_itself(string method, WebhookAccess access, SnippetLanguage language) =>
        Matches(new("http://localhost:7860/", "order-updates", access, access is WebhookAccess.Signed ? "whsec_c2VjcmV0IG9mIGFuIGV4YW1wbGU" : "wht_7QmExample",
            SampleBody.Json(["[\"hub.challenge\"]", "order.id"], indented: false), Method: method, Answer: AnswerTime.ByRespond), SnippetMode.Start, language, method.ToLowerInvariant());

    [Fact]
    public void A_body_stands_in_the_query_where_there_is_none()
    {
        SnippetLiteral.Query("""{"a b": "ü&=", "n": 1, "yes": true, "no": null, "o": {"x": [1]}}""").ShouldBe("?a%20b=%C3%BC%26%3D&n=1&yes=true&no=&o=%7B%22x%22%3A%5B1%5D%7D");
        SnippetLiteral.Query("{}").ShouldBe("");
        SampleBody.Json(["[\"hub.challenge\"]"], indented: false).ShouldBe("""{"hub.challenge": "hub.challenge"}""");
    }

    static void Matches(WebhookCall call, SnippetMode mode, SnippetLanguage language, string access)
    {
        var extension = language switch { SnippetLanguage.Python => "py", SnippetLanguage.JavaScript => "mjs", SnippetLanguage.CSharp => "cs", _ => "sh" };
        GoldenFile.Matches($"FlowStudio.Tests/Golden/snippets/{mode.ToString().ToLowerInvariant()}-{access}.{extension}.txt", Snippets.Of(call, mode, language) + "\n");
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Colours_change_nothing_of_the_text(SnippetMode mode, SnippetLanguage language)
    {
        var text = Snippets.Of(new("http://localhost:7860/", "order-updates", WebhookAccess.Token, "wht_7QmExample", """{"a": "it's \"x\""}"""), mode, language);
        var parts = SnippetColours.Of(text, language);
        string.Concat(parts.Select(p => p.Text)).ShouldBe(text);
        parts.ShouldContain(p => p.Class == "tok-string");
        parts.ShouldContain(p => p.Class == "tok-key");
    }

    [Theory]
    [InlineData(SnippetLanguage.Curl, "# a 'b'\nx=1 # c", "[# a 'b']\nx=[1] # c")]
    [InlineData(SnippetLanguage.Curl, "-d 'it'\\''s' \"a \\\" $b\"", "-d ['it']\\'['s'] [\"a \\\" $b\"]")]
    [InlineData(SnippetLanguage.Curl, "curl \\\n  -X", "[curl] \\\n  -X")]
    [InlineData(SnippetLanguage.Python, "for x in y.for: \"a\\\"b\"", "[for] x [in] y.for: [\"a\\\"b\"]")]
    [InlineData(SnippetLanguage.JavaScript, "`${a}` // b\nlet c", "[`${a}`] [// b]\n[let] c")]
    [InlineData(SnippetLanguage.CSharp, "var x = \"\"\"\n\"a\"\n\"\"\";", "[var] x = [\"\"\"\n\"a\"\n\"\"\"];")]
    [InlineData(SnippetLanguage.CSharp, "\"open", "[\"open]")]
    public void What_is_coloured(SnippetLanguage language, string text, string marked) =>
        string.Concat(SnippetColours.Of(text, language).Select(p => p.Class is null ? p.Text : $"[{p.Text}]")).ShouldBe(marked);

    [Theory]
    [InlineData("plain", "'plain'")]
    [InlineData("it's", "'it'\\''s'")]
    [InlineData("$HOME `id` \\ \"x\"", "'$HOME `id` \\ \"x\"'")]
    public void A_shell_reads_back_what_was_quoted(string text, string quoted) => Snippets.Shell(text).ShouldBe(quoted);

    [Theory]
    [InlineData("order.id customer.name payment.status", """{"order": {"id": 4711}, "customer": {"name": "Ada"}, "payment": {"status": "paid"}}""")]
    [InlineData("order.id order order.total", """{"order": {"id": 4711, "total": 118.40}}""")]
    [InlineData("order order.id", """{"order": {"id": 4711}}""")]
    [InlineData("items[0].name items[1].name", """{"items": [{"name": "Ada"}, {"name": "Ada"}]}""")]
    [InlineData("tags[2]", """{"tags": ["tags", "tags", "tags"]}""")]
    [InlineData("email created_at thing_kind", """{"email": "ada@example.com", "created_at": "2026-11-21T14:02:11Z", "thing_kind": "thing kind"}""")]
    [InlineData("", """{"text": "Hello"}""")]
    [InlineData("[0].x items[9999].y", """{"text": "Hello"}""")]
    public void The_body_has_what_the_flow_reads(string paths, string body) =>
        SampleBody.Json(paths.Split(' ', StringSplitOptions.RemoveEmptyEntries), indented: false).ShouldBe(body);

    [Fact]
    public void Only_what_hangs_on_a_trigger_reads_the_body()
    {
        var hook = new ComponentDescriptor("Webhook", "Webhook", Category.Start, Effects.Pure, "") { IsTrigger = true };
        var reader = new ComponentDescriptor("DataToMessage", "Data to Message", Category.Shape, Effects.Pure, "") { ReadsPaths = static node => node.Id == "near" ? ["a.b", "c"] : ["z"] };
        var document = new FlowDocument
        {
            Nodes = [new() { Id = "hook", Type = "Webhook" }, new() { Id = "near", Type = "DataToMessage" }, new() { Id = "far", Type = "DataToMessage" }],
            Edges = [new() { From = new("hook", "data"), To = new("near", "data") }, new() { From = new("near", "text"), To = new("far", "data") }],
        };
        SampleBody.PathsRead(document, type => type == "Webhook" ? hook : reader).ShouldBe(["a.b", "c"]);
    }

    [Theory]
    [InlineData("Order {order.id} of {customer.name}.", "Order |{order.id}| of |{customer.name}|.")]
    [InlineData("{{not}} {this}", "{{not}} |{this}")]
    [InlineData("{} { open", "{} { open")]
    [InlineData("{a\nb}", "{a\nb}")]
    public void A_template_is_marked_where_it_is_filled(string template, string pieces) =>
        string.Join('|', TemplateText.Parts(template, template: true).Select(p => p.Text)).ShouldBe(pieces);

    [Theory]
    [InlineData("", null)]
    [InlineData("  ", null)]
    [InlineData("{\"a\":1}", null)]
    [InlineData("{\"a\":1,}", "This is not JSON: line 1, column 8. Texts need double quotes; the last item takes no comma.")]
    public void The_input_of_a_run_must_be_JSON(string input, string? problem)
    {
        RunStarter.TryRead(input, out _, out var said);
        said.ShouldBe(problem);
    }
}
