namespace FlowStudio.Web.Studio.Layout;

/// <summary>A place in the rail; the command palette goes to the same ones.</summary>
/// <param name="Prefix">The addresses that belong to it begin with this, without the leading slash.</param>
public sealed record Place(string Href, string Icon, string Text, string Prefix)
{
    /// <summary>At the foot of the rail.</summary>
    public bool AtEnd { get; init; }

    public static IReadOnlyList<Place> All { get; } =
    [
        new(StudioUrls.Flows, "workflow", "Flows", "flows"),
        new(StudioUrls.Runs, "history", "Runs", "runs"),
        new(StudioUrls.Schedules, "calendar-clock", "Schedules", "schedules"),
        new(StudioUrls.Variables, "key-round", "Variables", "variables"),
        new(StudioUrls.Bins, "inbox", "Request bins", "bins"),
        new(StudioUrls.Settings, "settings", "Settings", "settings") { AtEnd = true },
    ];

    /// <summary>Whether an address, without its leading slash and query, belongs here.</summary>
    public bool Has(string path) =>
        path == Prefix || (path.Length == 0 && Href == StudioUrls.Flows) || path.StartsWith(Prefix + "/", StringComparison.Ordinal);
}
