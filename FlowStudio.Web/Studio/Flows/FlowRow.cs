using FlowStudio.Engine.History;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Web.Studio.Flows;

/// <summary>One of the ways a flow starts, as lists say it.</summary>
public sealed record FlowStart(string Icon, string Word);

/// <summary>A flow in the list with what it did in the last 24 hours.</summary>
/// <param name="Points">Its ended runs by the hour.</param>
/// <param name="Sum">The same as one sum.</param>
public sealed record FlowRow(FlowListing Flow, IReadOnlyList<FlowStart> Starts, IReadOnlyList<RollupPoint> Points, RollupPoint? Sum);

/// <summary>What is done to a flow from its row.</summary>
public enum FlowAct
{
    Run,
    Switch,
    Duplicate,

    /// <summary>As another program's file.</summary>
    ExportForeign,
    Delete,
    Select,
}

/// <summary>What the list is narrowed to by one of the chips.</summary>
public enum FlowScope
{
    All,
    Failing,
    Scheduled,
}
