using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Studio.Editor;

/// <summary>What a program does with the flow.</summary>
public enum SnippetMode
{
    /// <summary>Starts a run by the webhook and goes on with its id.</summary>
    Start,

    /// <summary>Starts a run by the API and waits for its result.</summary>
    Wait,

    /// <summary>Starts a run by the webhook and reads its events as they happen.</summary>
    Stream,

    /// <summary>Starts a run by the webhook and asks for its status until it has ended.</summary>
    Poll,

    /// <summary>Makes a schedule that starts runs by the clock.</summary>
    Cron,
}

/// <summary>What a snippet is written in.</summary>
public enum SnippetLanguage
{
    Curl,
    Python,
    JavaScript,
    CSharp,
}

/// <summary>What a snippet must say to start a flow.</summary>
/// <param name="BaseUrl">The server as its callers reach it, e.g. <c>http://localhost:7860/</c>.</param>
/// <param name="Flow">The flow's endpoint name, or its id.</param>
/// <param name="Token">The flow's token; null shows a placeholder where one is needed.</param>
/// <param name="Body">JSON on one line.</param>
/// <param name="ApiToken">Whether the API asks for the server's access token, which snippets read from <see cref="ApiTokenVariable"/>.</param>
/// <param name="Zone">The IANA name of the time zone that a schedule is read in.</param>
public sealed record WebhookCall(string BaseUrl, string Flow, WebhookAccess Access, string? Token, string Body, bool ApiToken = false, string Zone = "UTC")
{
    public const string TokenHeader = "X-Webhook-Token";

    /// <summary>The environment variable in which snippets expect the server's access token: one that everybody's flows depend on is in no text to copy.</summary>
    public const string ApiTokenVariable = "FLOWSTUDIO_TOKEN";

    /// <summary>Seconds that the snippets which wait are ready to wait.</summary>
    public const int WaitSeconds = 60;

    public string Url => Under($"api/v1/webhook/{Uri.EscapeDataString(Flow)}");

    public string WaitUrl => Under($"v1/flows/{Uri.EscapeDataString(Flow)}/runs?wait={WaitSeconds}");

    public string SchedulesUrl => Under("v1/schedules");

    /// <summary>What the API takes to start a run: the body as its input.</summary>
    public string RunBody => $"{{\"input\": {Body}}}";

    /// <summary>The header that the webhook asks for, if it asks for one.</summary>
    public string? WebhookToken => Access is WebhookAccess.Token ? Token ?? "<the flow's token>" : null;

    string Under(string path) => $"{BaseUrl.TrimEnd('/')}/{path}";
}

/// <summary>Programs for callers of one flow, complete as they stand; pure, and compared with golden files.</summary>
public static partial class Snippets
{
    /// <summary>The program's text, without a newline at its end.</summary>
    public static string Of(WebhookCall call, SnippetMode mode, SnippetLanguage language) => language switch
    {
        SnippetLanguage.Python => Python(call, mode),
        SnippetLanguage.JavaScript => JavaScript(call, mode),
        SnippetLanguage.CSharp => CSharp(call, mode),
        _ => Curl(call, mode),
    };

    /// <summary>What a mode does, for a reader who decides between them.</summary>
    public static string About(SnippetMode mode) => mode switch
    {
        SnippetMode.Wait => $"Starts a run through the API and answers with its result: after {WebhookCall.WaitSeconds} s with the unfinished run.",
        SnippetMode.Stream => "Starts a run and shows its events as they happen, by the link that the answer gives.",
        SnippetMode.Poll => "Starts a run and asks the link that the answer gives until the run has ended.",
        SnippetMode.Cron => "Makes a schedule: the flow then runs by the clock, with this input.",
        _ => "Starts a run and answers at once, with the run's id and links to follow it.",
    };

    /// <summary>A schedule of weekday mornings, to be changed by who pastes it.</summary>
    static string ScheduleBody(WebhookCall call) =>
        $"{{\"flow\": \"{call.Flow}\", \"cron\": \"0 9 * * 1-5\", \"time_zone\": \"{call.Zone}\", \"input\": {call.Body}}}";
}
