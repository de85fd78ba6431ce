using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Editor.State;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.JSInterop;

namespace FlowStudio.Web.Studio.Editor.Inspector;

/// <summary>One node in the inspector; made anew for each, so that nothing of one is shown for another.</summary>
public sealed partial class NodeInspector
{
    ElementReference titleField;
    ElementReference body;
    ComponentSheet? sheet;
    CurlDialog? curl;
    IReadOnlyList<FieldModel> fields = [];
    IReadOnlyList<FlowProblem> general = [];
    IReadOnlyList<FlowProblem> timing = [];
    TemplateData? data;
    (Guid?, StepStatus?, long) dataOf;
    string? lastOfModel;
    int hidden;
    bool all;
    bool renaming;
    bool focusTitle;

    [Parameter, EditorRequired] public required EditorState State { get; set; }
    [Parameter, EditorRequired] public required Node Node { get; set; }
    [Parameter] public ComponentLook? Look { get; set; }
    [Parameter, EditorRequired] public required FlowLive Live { get; set; }
    [Parameter] public IReadOnlyList<FlowProblem> Problems { get; set; } = [];
    [Parameter] public InspectorTab Tab { get; set; }
    [Parameter] public EventCallback<InspectorTab> TabChanged { get; set; }
    [Parameter] public EventCallback<string> RunNode { get; set; }
    [Parameter] public EventCallback<string> RunToHere { get; set; }

    [Inject] internal LocalTimes Local { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal Toasts Toasts { get; init; } = null!; // injected

    string Title => State.Catalog.TitleOf(State.Document, Node.Id);

    JsonElement? LastOutput => Live.Shown?.Latest(Node.Id) is { Status: StepStatus.Succeeded, Output: { ValueKind: JsonValueKind.Object } output } ? output : null;

    string PreviewSource => data switch
    {
        { Source: TemplateSource.Run, At: { } at } => $"with the last call, {Local.Clock(at)}",
        { Source: TemplateSource.Run } => "with the last call",
        { Source: TemplateSource.Pinned } => "with pinned outputs",
        _ => "with the flow's sample",
    };

    JsonElement Raw => JsonText.Element(Node.Settings, static (json, settings) =>
    {
        json.WriteStartObject();
        foreach (var (name, value) in settings)
        {
            json.WritePropertyName(name);
            value.WriteTo(json);
        }
        json.WriteEndObject();
    });

    protected override void OnParametersSet()
    {
        var mine = Problems.Where(p => p.NodeId == Node.Id).ToList();
        fields = Look is null ? [] : FieldModel.Of(Node, Look.Descriptor, mine);
        hidden = fields.Count(f => !f.IsPlain);
        timing = [.. mine.Where(p => p.Field is "timeout" or "retries" && fields.All(f => f.Field.Name != p.Field))];
        // What belongs to a field stands there, what belongs to a port of that name as well: the rest, and what no field shows, stands above.
        general = [.. mine.Where(p => fields.All(f => f.Field.Name != p.Field)).Except(timing)];
        // The model's own settings stand together; the button to try it comes after the last of them that is shown.
        lastOfModel = fields.Any(f => f.Field.Name == "provider") && Look?.Descriptor.Fields.Any(f => f.Name == "model_name") is true
            ? fields.LastOrDefault(f => f.Field.Name is "provider" or "model_name" or "api_key" || (f.Field.Name is "base_url" && (all || f.IsPlain)))?.Field.Name
            : null;
        ReadData();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!focusTitle)
            return;
        focusTitle = false;
        try
        {
            await titleField.FocusAsync();
        }
        catch (JSException)
        {
            // The field was left before the caret could be put into it.
        }
    }

    /// <summary>What came in is looked up anew only when it can have changed: a run may say something ten times a second.</summary>
    void ReadData()
    {
        var key = (Live.Shown?.RunId, Live.Shown?.Latest(Node.Id)?.Status, State.Version);
        if (data is not null && key == dataOf)
            return;
        dataOf = key;
        data = fields.Any(f => f.Field.Kind is FieldKind.Template) ? TemplateData.Of(Live.Shown, State.Document, State.Catalog, Node) : null;
    }

    IReadOnlyList<CodePath> PathsOf(FieldModel field) => data?.Paths(State.Document, State.Catalog, field) ?? [];

    void Do(Edit edit)
    {
        if (State.Do(edit).Refusal is { } refusal)
            Toasts.Failed(refusal);
    }

    void BeginRename() => (renaming, focusTitle) = (true, true);

    void Rename(ChangeEventArgs e)
    {
        renaming = false;
        var title = (e.Value as string ?? "").Trim();
        // The component's own title is no title of the node's.
        Do(new RenameNode(Node.Id, title == Look?.Descriptor.Title ? "" : title));
    }

    void OnTitleKey(KeyboardEventArgs e)
    {
        if (e.Key is "Escape")
            renaming = false;
    }

    void TakeCurl(IReadOnlyDictionary<string, JsonElement?> settings) => Do(new ReplaceSettings(Node.Id, settings, $"Paste curl into {Title}"));

    void PinLast()
    {
        if (LastOutput is { } output)
            Do(new PinOutput(Node.Id, Pins.Of(output)));
    }
}
