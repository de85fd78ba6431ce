using System.Text.Encodings.Web;
using System.Text.Json;
using FlowStudio.Web.Studio.Editor.Canvas;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

public class CanvasContractsTests
{
    static readonly CanvasJson Readable = new(new JsonSerializerOptions(CanvasJson.Default.Options) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    static readonly IReadOnlyList<ToCanvas> MessagesToCanvas =
    [
        new CanvasGraph(
            [
                new("webhook", "Webhook", CanvasKind.Start, "component-Webhook", Known: true, 40, 120.5, [new("endpoint", "order-updates")], [], [new("data", "Data", CanvasPortType.Data)]),
                new("old", "Some \"old\" thing\n", CanvasKind.Shape, "puzzle", Known: false, -10, 0, [], [.. Enum.GetValues<CanvasPortType>().Select(t => new CanvasPort($"in-{t}", $"{t}", t))], []),
            ],
            [new("note", 0, 0, 340, 74, "# Order updates\nSchöne Grüße")],
            [new("e1", "webhook", "data", "old", "in-Data", CanvasPortType.Data)],
            new(0, 0, 1)),
        new CanvasGraph([.. Enum.GetValues<CanvasKind>().Select(k => new CanvasNode($"{k}", $"{k}", k, "globe", Known: true, 0, 0, [], [], []))], [], [], Viewport: null),
        new CanvasRunState(Replace: true, [.. Enum.GetValues<CanvasNodeStatus>().Select((s, i) => new CanvasNodeState($"n{i}", s, i == 0 ? null : i * 1.5, s == CanvasNodeStatus.Failed ? "No answer." : null))]),
        new CanvasSelect("webhook"),
        new CanvasSelect(null),
        new CanvasFit(),
    ];

    static readonly IReadOnlyList<FromCanvas> MessagesFromCanvas =
        [new CanvasReady(), new CanvasNodeSelected("webhook", CanvasShow.Settings), new CanvasNodeSelected(null, CanvasShow.Output), new CanvasError("It broke.", "TypeError"), new CanvasError("It broke.", null)];

    [Fact]
    public void What_the_server_says_is_what_the_canvas_is_compiled_against()
    {
        var to = string.Join(",\n", MessagesToCanvas.Select(m => JsonSerializer.Serialize(m, Readable.ToCanvas)));
        var from = string.Join(",\n", MessagesFromCanvas.Select(m => JsonSerializer.Serialize(m, Readable.FromCanvas)));
        GoldenFile.Matches("wwwroot-assets/canvas/src/messages.golden.ts", $"""
            // Written by CanvasContractsTests: what CanvasContracts.cs serialises to. The compiler checks it against types.ts, check.mjs against the checks there.
            import type {"{"} FromCanvas, ToCanvas {"}"} from "./types";

            export const messagesToCanvas = [
            {to},
            ] satisfies ToCanvas[];

            export const messagesFromCanvas = [
            {from},
            ] satisfies FromCanvas[];

            """);
    }

    [Fact]
    public void Every_message_of_the_canvas_is_read_back_as_it_was()
    {
        foreach (var message in MessagesFromCanvas)
            JsonSerializer.Deserialize(JsonSerializer.Serialize(message, CanvasJson.Default.FromCanvas), CanvasJson.Default.FromCanvas).ShouldBe(message);
    }

    [Theory]
    [InlineData("""{"type":"paint"}""")]
    [InlineData("""{"nodeId":"a"}""")]
    [InlineData("""{"type":"nodeSelected","nodeId":"a"}""")]
    [InlineData("""{"type":"nodeSelected","nodeId":"a","show":1}""")]
    [InlineData("""{"type":"nodeSelected","nodeId":"a","show":"settings","more":1}""")]
    [InlineData("""{"type":"error","message":null,"detail":null}""")]
    [InlineData("""[]""")]
    public void A_message_that_is_none_is_refused(string json) =>
        Should.Throw<Exception>(() => JsonSerializer.Deserialize(json, CanvasJson.Default.FromCanvas)).ShouldBeAssignableTo<Exception>().ShouldSatisfyAllConditions(e => (e is JsonException or NotSupportedException).ShouldBeTrue(e.ToString()));
}
