using FlowStudio.Engine.Flows;
using FlowStudio.Web.Studio.Editor.State;
using Microsoft.AspNetCore.Components;

namespace FlowStudio.Web.Studio.Editor.Inspector;

/// <summary>The pane beside the canvas. It shows what is chosen and sends edits to the state; it holds nothing of the document itself.</summary>
public sealed partial class InspectorPane : IDisposable
{
    EditorState? watched;
    InspectorTab tab;

    [Parameter, EditorRequired] public required EditorState State { get; set; }

    /// <summary>The flow's runs; the one on the canvas is what input and output show.</summary>
    [Parameter, EditorRequired] public required FlowLive Live { get; set; }

    /// <summary>Settings, input or output.</summary>
    [Parameter] public InspectorTab Tab { get; set; }

    [Parameter] public EventCallback<InspectorTab> TabChanged { get; set; }

    /// <summary>Runs this node alone, with what came into it last.</summary>
    [Parameter] public EventCallback<string> RunNode { get; set; }

    /// <summary>Runs this node and all that it depends on.</summary>
    [Parameter] public EventCallback<string> RunToHere { get; set; }

    /// <summary>The list of problems is wanted.</summary>
    [Parameter] public EventCallback ProblemsOpened { get; set; }

    Node? Node => State.Selected is { Node: { } id, Notes.Count: 0 } ? State.Document.Node(id) : null;

    /// <summary>Runs moved: what went in and out of the node that is chosen may be another.</summary>
    public void Refresh()
    {
        if (Node is not null)
            StateHasChanged();
    }

    protected override void OnParametersSet()
    {
        if (!ReferenceEquals(watched, State))
        {
            if (watched is not null)
                watched.Changed -= OnChanged;
            watched = State;
            watched.Changed += OnChanged;
        }
    }

    void OnChanged(EditorChange change) => _ = InvokeAsync(StateHasChanged);

    Task SetTabAsync(InspectorTab to)
    {
        if (to == tab && to == Tab)
            return Task.CompletedTask;
        Tab = tab = to;
        return TabChanged.InvokeAsync(to);
    }

    public void Dispose()
    {
        if (watched is not null)
            watched.Changed -= OnChanged;
    }
}

/// <summary>What of a node is shown.</summary>
public enum InspectorTab
{
    Settings,
    Input,
    Output,
}
