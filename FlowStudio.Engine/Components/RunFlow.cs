using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Components;

/// <summary>
/// Runs another flow as a run of its own and sleeps until it has ended. The other run is in the same session, as in Langflow: what it says in
/// a chat is kept under the same session id, in that flow's own conversation.
/// </summary>
public sealed class RunFlow : IComponent
{
    static readonly InputPort Input = new("input", PortType.Data, PortType.Message, PortType.Any)
    {
        ToolParameter = true,
        Help = "What the other flow is started with, as if it had been posted to it.",
    };

    static readonly TextField Flow = Field.Text("flow", "The id or the endpoint name of the flow to run: its live version, or its draft when nothing is published.") with
    {
        Required = true,
        Placeholder = "my-flow",
    };

    static readonly OutputPort Output = new("output", PortType.Any) { Help = "What the other run gave." };
    static readonly OutputPort Run = new("run", PortType.Data) { Help = "Which run it was: run_id, flow_id and status." };

    public static ComponentDescriptor Descriptor { get; } =
        new("RunFlow", "Run Flow", Category.Route, Effects.External, "Runs another flow, waits for its end, and passes on what it gave.")
        {
            Inputs = [Input],
            Fields = [Flow],
            Outputs = [Output, Run],
            Highlights = ["flow"],
        };

    public async ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken)
    {
        if (node.Resumed?.RunId is { } awaited)
            return Result(node, await node.FindChildAsync(awaited, cancellationToken) ?? throw Gone(node, awaited));
        var child = await node.StartChildAsync(node.Get(Flow), node.Input(Input) ?? JsonText.EmptyObject, cancellationToken);
        return Result(node, child);
    }

    static NodeResult Result(NodeContext node, ChildRun child) => child.Status switch
    {
        RunStatus.Succeeded => NodeResult.Of(new PortValue(Output.Name, child.Output), new PortValue(Run.Name, JsonText.Element(child, Write))),
        RunStatus.Failed or RunStatus.TimedOut or RunStatus.Canceled => throw Failure(node, child),
        _ => NodeResult.WaitForRun(child.RunId),
    };

    static NodeException Failure(NodeContext node, ChildRun child)
    {
        var how = child.Status switch
        {
            RunStatus.Canceled => "was canceled",
            RunStatus.TimedOut => "took too long",
            _ => "failed",
        };
        var why = child.Error is { } error ? $": {error.Message}" : ".";
        // Its own steps have repeated what was worth it; the whole run is repeated only for a node that says how often.
        var again = child.Status is not RunStatus.Canceled && node.Node.Retries > 0;
        var remedy = child.Error is { Remedy.Length: > 0 } known ? known.Remedy : "See in that run's steps what happened.";
        return new NodeException($"child_{RunNames.Of(child.Status)}", $"{node.Node.Label}: the run {child.RunId} of the flow {NameOf(child)} {how}{why}", remedy, again);
    }

    static NodeException Gone(NodeContext node, Guid run) => new("child_gone", $"{node.Node.Label}: the run {run} that it waited for was deleted before its result was taken.",
        "Replay this run from the failed step: it starts the other flow anew.");

    static string NameOf(ChildRun child) => child.FlowName.Length > 0 ? child.FlowName : child.FlowId.ToString();

    static void Write(Utf8JsonWriter json, ChildRun child)
    {
        json.WriteStartObject();
        json.WriteString("run_id"u8, child.RunId);
        json.WriteString("flow_id"u8, child.FlowId);
        json.WriteString("status"u8, RunNames.Of(child.Status));
        json.WriteEndObject();
    }
}
