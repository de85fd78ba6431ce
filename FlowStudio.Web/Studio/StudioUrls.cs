namespace FlowStudio.Web.Studio;

/// <summary>Every link of the studio is built here, so that a page's address is said once.</summary>
public static class StudioUrls
{
    public const string Flows = "/";
    /// <summary>The flows, asking what the new one is to begin with.</summary>
    public const string NewFlow = "/?new";

    /// <summary>The flows, asking for files to import.</summary>
    public const string ImportFlows = "/?import";

    public const string Runs = "/runs";

    /// <summary>The questions that wait for an answer.</summary>
    public const string Waiting = "/runs?view=waiting";

    public const string Schedules = "/schedules";
    public const string Variables = "/variables";
    public const string Settings = "/settings";
    public const string Keys = "/settings#keys";
    public const string Bins = "/bins";
    public const string NotFound = "/not-found";

    /// <summary>Behind a flow's address: its round is to be tried at once.</summary>
    public const string TryQuery = "?try";

    public static string Flow(Guid id, string? tab = null) => tab is null ? $"/flows/{id}" : $"/flows/{id}/{tab}";

    /// <summary>A schedule, in its flow's Schedule tab.</summary>
    public static string Schedule(Guid flowId, Guid scheduleId) => $"/flows/{flowId}/schedule?schedule={scheduleId}";

    /// <summary>The questions of one flow's runs: among those of all, or in the flow's own tab.</summary>
    public static string WaitingOf(Guid flow, bool inFlow) => inFlow ? $"/flows/{flow}/runs?view=waiting" : $"{Waiting}&flow={flow}";

    public static string Run(Guid id) => $"/runs/{id}";

    /// <summary>The flow's canvas with this node selected.</summary>
    public static string Node(Guid flow, string node) => $"/flows/{flow}?node={Uri.EscapeDataString(node)}";

    /// <summary>The whole run with every step, from the API.</summary>
    public static string ExportRun(Guid id) => $"/v1/runs/{id}?steps=all";

    /// <summary>Two runs of a flow side by side.</summary>
    public static string Compare(Guid id, Guid other) => $"/runs/{id}/compare/{other}";

    /// <summary>Runs as a file, a line each, from the API; filters and ids follow.</summary>
    public const string ExportRuns = "/v1/runs/export";

    /// <summary>The flow as a file, from the API.</summary>
    public static string Export(Guid id) => $"/v1/flows/{id}/export";

    /// <summary>The flow as another program's file, from the API.</summary>
    public static string ExportFor(Guid id, string program) => $"/v1/flows/{id}/export?format={Uri.EscapeDataString(program.ToLowerInvariant())}";

    /// <summary>Where the API gives a zip of the flows whose ids it gets.</summary>
    public const string ExportMany = "/v1/flows/export";

    /// <summary>Where the API takes flow files.</summary>
    public const string Import = "/v1/flows/import";

    /// <summary>Where the API takes files for flows.</summary>
    public const string Upload = "/v1/files";

    /// <summary>A file, from the API.</summary>
    public static string File(Guid id) => $"/v1/files/{id}/content";

    /// <summary>Where the API takes a variable's value.</summary>
    public static string Variable(string name) => $"/v1/variables/{Uri.EscapeDataString(name)}";

    public static string Bin(string name) => $"/bins/{Uri.EscapeDataString(name)}";
}
