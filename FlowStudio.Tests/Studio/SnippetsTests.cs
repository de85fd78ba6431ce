using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Web.Studio.Editor;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

public class SnippetsTests
{
    static readonly string Body = SampleBody.Json(["order.id", "customer.name", "payment.status"], indented: false);

    [Fact]
    public void The_command_with_a_token() => GoldenFile.Matches("FlowStudio.Tests/Golden/snippets/curl-token.sh",
        Snippets.Curl(new("http://localhost:7860/", "order-updates", WebhookAccess.Token, "wht_7QmExample", Body)) + "\n");

    [Fact]
    public void The_command_of_an_open_flow() => GoldenFile.Matches("FlowStudio.Tests/Golden/snippets/curl-open.sh",
        Snippets.Curl(new("https://flows.example.com", "019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41", WebhookAccess.Open, null, """{"text": "it's $HOME"}""")) + "\n");

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
