namespace FlowStudio.Web.Studio.Commands;

/// <summary>Something that can be done from the command palette.</summary>
/// <param name="Id">Stable: what was used lately is remembered by it.</param>
/// <param name="Title">A verb first: "Publish".</param>
public sealed record Command(string Id, string Title, string Icon, Func<Task> Run)
{
    /// <summary>Under which heading it stands.</summary>
    public string Group { get; init; } = "Actions";

    /// <summary>The key that does the same: "Ctrl+Enter".</summary>
    public string? Key { get; init; }

    /// <summary>Other words it is found by.</summary>
    public string Words { get; init; } = "";
}
