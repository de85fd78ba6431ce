using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Editor;
using FlowStudio.Web.Studio.Editor.Versions;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;

namespace FlowStudio.Web.Studio.Runs;

/// <summary>Two runs side by side: how they ended, how long each step took, and what differs in what they got, gave and ran.</summary>
public sealed partial class RunComparePage
{
    /// <summary>Differences in time below this are noise.</summary>
    static readonly TimeSpan Noise = TimeSpan.FromMilliseconds(5);

    readonly HashSet<string> opened = new(StringComparer.Ordinal);
    (Guid, Guid)? shown;
    RunDetails? left;
    RunDetails? right;
    FlowDocument? leftDocument;
    FlowDocument? rightDocument;
    RunComparison? comparison;
    FlowDiff? versions;
    RunPicker? picker;
    string flowName = "";
    string? failure;
    bool missing;

    [Parameter] public Guid Id { get; set; }

    [Parameter] public Guid Other { get; set; }

    [Inject] internal IRunStore Store { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal IFlowStore Flows { get; init; } = null!; // injected
    [Inject] internal ComponentCatalog Catalog { get; init; } = null!; // injected
    [Inject] internal TimeProvider Time { get; init; } = null!; // injected
    [Inject] internal ILogger<RunComparePage> Logger { get; init; } = null!; // injected

    string TotalWords => left?.Run is { StartedAt: { } a, FinishedAt: { } b } && right?.Run is { StartedAt: { } c, FinishedAt: { } d }
        ? Faster(d - c - (b - a)) : "";

    protected override async Task OnParametersSetAsync()
    {
        if (shown == (Id, Other))
            return;
        shown = (Id, Other);
        opened.Clear();
        (left, right, comparison, versions, missing, failure) = (null, null, null, null, false, null);
        try
        {
            left = await Store.FindDetailsAsync(Id, CancellationToken.None);
            right = await Store.FindDetailsAsync(Other, CancellationToken.None);
            if (left is null || right is null)
            {
                missing = true;
                return;
            }
            flowName = (await Flows.FindAsync(right.Run.FlowId, CancellationToken.None))?.Name ?? $"deleted flow {Times.ShortId(right.Run.FlowId)}";
            leftDocument = (await Flows.FindVersionAsync(left.Run.FlowVersionId, CancellationToken.None))?.Document;
            rightDocument = (await Flows.FindVersionAsync(right.Run.FlowVersionId, CancellationToken.None))?.Document;
            comparison = RunComparison.Of(left, right, leftDocument, rightDocument);
            versions = leftDocument is null || rightDocument is null ? null : FlowDiff.Between(leftDocument, rightDocument, Catalog);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            StudioLog.ReadFailed(Logger, "two runs", e);
            failure = e.Message;
        }
    }

    string TitleOf(string nodeId) => Catalog.TitleOf(rightDocument?.Node(nodeId) is null ? leftDocument : rightDocument, nodeId);

    ComponentLook? LookOf(string nodeId) => (rightDocument?.Node(nodeId) ?? leftDocument?.Node(nodeId)) is { } node ? Catalog.Look(node.Type) : null;

    string? StatusOf(Run run) => run is { Status: RunStatus.Failed or RunStatus.TimedOut, Error.NodeId: { } node } ? $"{RunWords.Of(run.Status)} at {TitleOf(node)}" : null;

    static string VersionOf(Run run) => run.FlowVersion is { } version ? $"version {version}" : "draft";

    static string Differences(JsonDiff diff) => diff.Count switch { 0 => "", 1 => "1 difference", var count => $"{Times.Count(count)} differences" };

    static string Faster(TimeSpan delta) => delta.Duration() < Noise ? "B took as long as A" : $"B took {Times.Duration(delta.Duration())} {(delta < TimeSpan.Zero ? "less" : "more")}";

    static string DeltaWords(StepComparison step) => step.Delta is not { } delta ? "" : delta.Duration() < Noise ? "±0" : $"{(delta < TimeSpan.Zero ? "−" : "+")}{Times.Duration(delta.Duration())}";

    /// <summary>Only what took a fifth longer or shorter, and more than a moment, has a colour.</summary>
    static string DeltaLook(StepComparison step) =>
        step is { Delta: { } delta, Left: { } left } && delta.Duration() >= TimeSpan.FromMilliseconds(20) && delta.Duration() >= left / 5 ? delta > TimeSpan.Zero ? "slower" : "faster" : "dim";

    void Toggle(string nodeId)
    {
        if (!opened.Remove(nodeId))
            opened.Add(nodeId);
    }
}
