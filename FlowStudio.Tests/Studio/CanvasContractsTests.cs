using System.Text.Encodings.Web;
using System.Text.Json;
using FlowStudio.Web.Studio.Editor.Canvas;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

public class CanvasContractsTests
{
    static readonly CanvasJson Readable = new(new JsonSerializerOptions(CanvasJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    static readonly CanvasEdgeRef Edge = new("webhook", "data", "old", "in-Data");

    static readonly IReadOnlyList<CanvasInput> Inputs = [.. Enum.GetValues<CanvasPortType>().Select(t => new CanvasInput($"in-{t}", $"{t}", t, [t], Many: false, Required: true, Returns: t is CanvasPortType.Data))];

    static readonly IReadOnlyList<ToCanvas> MessagesToCanvas =
    [
        new CanvasGraph(
            [
                new("webhook", "Webhook", "Webhook", CanvasKind.Start, "component-Webhook", Known: true, 40, 120.5, [new("endpoint", "order-updates")], [], [new("data", "Data", CanvasPortType.Data)], """{"id":"webhook"}"""),
                new("old", "Gone", "Some \"old\" thing\n", CanvasKind.Shape, "puzzle", Known: false, -10, 0, [], Inputs, [], "{}")
                {
                    Tool = new("component_as_tool", "Tool", CanvasPortType.Tool),
                    Disabled = true,
                    Pinned = true,
                    Problems = [new(IsError: true, "There is no component of the type Gone.", "Replace the node.")],
                },
            ],
            [new("note", 0, 0, 340, 74, "# Order updates\nSchöne Grüße", "<h1>Order updates</h1>", "blue"), new("plain", 0, 0, 340, 74, "[[[", Html: null, Color: null)],
            [new(Edge.Source, Edge.SourcePort, Edge.Target, Edge.TargetPort, CanvasPortType.Data)],
            new(0, 0, 1)) { FlowId = "01234", Revision = 7, Editable = true, Undo = "Move LLM", Redo = "Delete Prompt", AppliedOffline = true },
        new CanvasGraph([.. Enum.GetValues<CanvasKind>().Select(k => new CanvasNode($"{k}", $"{k}", $"{k}", k, "globe", Known: true, 0, 0, [], [], [], "{}"))], [], [], Viewport: null),
        new CanvasCatalog(
            [new("LLM", "Language model", CanvasKind.Models, "component-LlmCall", "Asks a model.", CanBeTool: true, Inputs, [new("message", "Message", CanvasPortType.Message)])],
            [new(CanvasPortType.Message, [CanvasPortType.Message, CanvasPortType.Data])]),
        new CanvasRunState(Replace: true, [.. Enum.GetValues<CanvasNodeStatus>().Select((s, i) => new CanvasNodeState($"n{i}", s, i == 0 ? null : i * 1.5, s == CanvasNodeStatus.Failed ? "No answer." : null))]),
        new CanvasRunState(Replace: false, [.. Enum.GetValues<CanvasWait>().Select(w => new CanvasNodeState("n", CanvasNodeStatus.Waiting, DurationMs: null, Message: null) { Wait = w, Reused = true })]),
        new CanvasSelect("webhook"),
        new CanvasSelect([], ["note"], [Edge]),
        new CanvasFit(),
        new CanvasRefused("LLM takes Message, not Data."),
        new CanvasConnection(Online: false),
        .. Enum.GetValues<CanvasCommandName>().Select(n => new CanvasCommand(n)),
        new CanvasPlace("LLM"),
    ];

    static readonly IReadOnlyList<CanvasEdit> Edits =
    [
        new CanvasMove([new("webhook", 20, -40.5)], [new("note", 0, 0)]),
        new CanvasArranged("Align left", [new("webhook", 0, 0)], []),
        new CanvasConnect(Edge, Replaces: null),
        new CanvasConnect(Edge, Edge),
        new CanvasDelete(["webhook"], ["note"], [Edge]),
        new CanvasAdd("llm", "LLM", 0, 0, Into: null, Join: null),
        new CanvasAdd("llm", "LLM", 0, 0, new(Edge, "input", "message"), Join: null),
        .. Enum.GetValues<CanvasSide>().Select(s => new CanvasAdd("llm", "LLM", 0, 0, Into: null, new("webhook", "data", s, "input"))),
        new CanvasInsert("llm", 0, 0, new(Edge, "input", "message")),
        new CanvasRename("webhook", "Orders"),
        new CanvasBypass(["webhook"], Disabled: true),
        new CanvasAddNote("note2", 0, 0, 240, 120, ""),
        new CanvasNoteChanged("note", "# Hi", Box: null, Color: null),
        new CanvasNoteChanged("note", Text: null, new(0, 0, 240, 120), "green"),
    ];

    static readonly IReadOnlyList<FromCanvas> MessagesFromCanvas =
    [
        new CanvasReady(),
        new CanvasError("It broke.", "TypeError"),
        new CanvasError("It broke.", null),
        new CanvasSelected(["webhook"], ["note"], [Edge]),
        .. Enum.GetValues<CanvasShow>().Select(s => new CanvasOpen("webhook", s)),
        new CanvasLooked(-20, 40, 0.75),
        .. Enum.GetValues<CanvasAct>().Select(a => new CanvasAsked(a)),
        new CanvasPaste("{}", new(0, 0)),
        new CanvasPaste("{}", At: null),
        new CanvasDuplicate(["webhook"], ["note"]),
        .. Edits,
        new CanvasOffline(7, Edits),
    ];

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
        {
            var json = JsonSerializer.Serialize(message, CanvasJson.Default.FromCanvas);
            var read = JsonSerializer.Deserialize(json, CanvasJson.Default.FromCanvas).ShouldNotBeNull();
            read.GetType().ShouldBe(message.GetType());
            JsonSerializer.Serialize(read, CanvasJson.Default.FromCanvas).ShouldBe(json);
        }
    }

    [Theory]
    [InlineData("""{"type":"paint"}""")]
    [InlineData("""{"nodeId":"a"}""")]
    [InlineData("""{"type":"open","nodeId":"a"}""")]
    [InlineData("""{"type":"open","nodeId":"a","show":1}""")]
    [InlineData("""{"type":"open","nodeId":"a","show":"settings","more":1}""")]
    [InlineData("""{"type":"move","nodes":null,"notes":[]}""")]
    [InlineData("""{"type":"offline","baseRevision":1,"edits":[{"type":"ready"}]}""")]
    [InlineData("""{"type":"error","message":null,"detail":null}""")]
    [InlineData("""[]""")]
    public void A_message_that_is_none_is_refused(string json) =>
        Should.Throw<Exception>(() => JsonSerializer.Deserialize(json, CanvasJson.Default.FromCanvas)).ShouldBeAssignableTo<Exception>().ShouldSatisfyAllConditions(e => (e is JsonException or NotSupportedException).ShouldBeTrue(e.ToString()));
}
