using FlowStudio.Engine.Components;
using FlowStudio.Engine.Secrets;

namespace FlowStudio.Web.Studio.Variables;

/// <summary>A variable and where it is used; null while that is being looked for.</summary>
public sealed record VariableRow(VariableInfo Variable, IReadOnlyList<VariableUse>? Uses)
{
    public bool IsStored => Variable.Source is VariableSource.Stored;

    /// <summary>The flows that use it, each once.</summary>
    public (Guid Id, string Name)[] Flows => [.. (Uses ?? []).Select(u => (u.FlowId, u.FlowName)).Distinct()];
}

/// <summary>What the page of variables lists: all of them, those searched for, and names that flows use though nothing has them. Pure.</summary>
public static class VariableList
{
    /// <summary>Rows that are drawn; beyond it the search narrows them down.</summary>
    public const int MaxRows = 300;

    public static IReadOnlyList<VariableRow> Rows(IEnumerable<VariableInfo> variables, ILookup<string, VariableUse>? uses, string search) =>
    [
        .. variables.Select(v => new VariableRow(v, uses is null ? null : [.. uses[v.Name]])).Where(r => Fits(r, search)),
    ];

    /// <summary>Names that flows use and no variable has, with where; by name.</summary>
    public static IReadOnlyList<(string Name, IReadOnlyList<VariableUse> Uses)> Missing(IEnumerable<VariableInfo> variables, ILookup<string, VariableUse>? uses)
    {
        if (uses is null)
            return [];
        var known = variables.Select(v => v.Name).ToHashSet(StringComparer.Ordinal);
        return [.. uses.Where(u => !known.Contains(u.Key)).OrderBy(u => u.Key, StringComparer.OrdinalIgnoreCase).Select(u => (u.Key, (IReadOnlyList<VariableUse>)[.. u]))];
    }

    /// <summary>"the draft", "version in use", or both.</summary>
    public static string Where(VariableUse use) => (use.Draft, use.Live) switch
    {
        (true, true) => "draft and live",
        (true, false) => "draft",
        _ => "live",
    };

    static bool Fits(VariableRow row, string search) => search.Length == 0
        || row.Variable.Name.Contains(search, StringComparison.OrdinalIgnoreCase)
        || (row.Variable.Value?.Contains(search, StringComparison.OrdinalIgnoreCase) ?? false)
        || (row.Variable.EnvironmentKey?.Contains(search, StringComparison.OrdinalIgnoreCase) ?? false)
        || (row.Uses?.Any(u => u.FlowName.Contains(search, StringComparison.OrdinalIgnoreCase)) ?? false);
}
