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

    /// <summary>Starts a run as a task of a DocsGPT agent, and asks for its status until it has ended.</summary>
    Agent,
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
/// <param name="Token">The flow's token, or the secret that calls are signed with; null shows a placeholder where one is needed.</param>
/// <param name="Body">JSON on one line.</param>
/// <param name="AsksForKey">Whether the API asks for a key, which snippets read from <see cref="ApiKeyVariable"/>.</param>
/// <param name="Zone">The IANA name of the time zone that a schedule is read in.</param>
/// <param name="AgentToken">The flow's token as a DocsGPT agent; null shows a placeholder.</param>
/// <param name="Method">How the webhook is called; without a body by GET and the like, and then the body's members stand in the query.</param>
/// <param name="Answer">What the webhook's caller waits for.</param>
public sealed record WebhookCall(string BaseUrl, string Flow, WebhookAccess Access, string? Token, string Body, bool AsksForKey = false, string Zone = "UTC",
    string? AgentToken = null, string Method = WebhookDoor.DefaultMethod, AnswerTime Answer = AnswerTime.AtOnce)
{
    public const string TokenHeader = "X-Webhook-Token";

    /// <summary>The environment variable in which snippets expect an API key: what opens all flows is in no text to copy.</summary>
    public const string ApiKeyVariable = "FLOWSTUDIO_API_KEY";

    /// <summary>Seconds that the snippets which wait are ready to wait.</summary>
    public const int WaitSeconds = 60;

    public string Url => Under($"api/v1/webhook/{Uri.EscapeDataString(Flow)}") + (HasBody ? "" : SampleBody.Query(Body));

    public bool HasBody => Method is "POST" or "PUT" or "PATCH";

    /// <summary>What is sent, and signed where calls are.</summary>
    public string SentBody => HasBody ? Body : "";

    public string WaitUrl => Under($"v1/flows/{Uri.EscapeDataString(Flow)}/runs?wait={WaitSeconds}");

    /// <summary>Where a DocsGPT agent's webhook is.</summary>
    public string AgentUrl => Under($"api/webhooks/agents/{AgentToken ?? "<the flow's agent token>"}");

    /// <summary>Where a DocsGPT task's status is; the id follows.</summary>
    public string TaskUrl => Under("api/task_status?task_id=");

    public string SchedulesUrl => Under("v1/schedules");

    /// <summary>What the API takes to start a run: the body as its input.</summary>
    public string RunBody => $"{{\"input\": {Body}}}";

    /// <summary>The header that the webhook asks for, if it asks for one.</summary>
    public string? WebhookToken => Access is WebhookAccess.Token ? Token ?? "<the flow's token>" : null;

    /// <summary>What the webhook's calls are signed with.</summary>
    public string SigningSecret => Token ?? "<the flow's signing secret>";

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
        SnippetMode.Agent => "Starts a run as DocsGPT’s own scripts do, and asks for the task’s status until it has ended.",
        SnippetMode.Cron => "Makes a schedule: the flow then runs by the clock, with this input.",
        _ => "Starts a run and answers at once, with the run's id and links to follow it.",
    };

    /// <summary>The same, of the flow whose webhook is called.</summary>
    public static string About(SnippetMode mode, AnswerTime answer) => mode is not SnippetMode.Start ? About(mode) : answer switch
    {
        AnswerTime.AtEnd => "Starts a run and answers with what it gives; after the webhook’s limit with the run's id and links to follow it.",
        AnswerTime.ByRespond => "Starts a run and answers with what its Respond says; after the webhook’s limit with the run's id and links to follow it.",
        _ => About(mode),
    };

    /// <summary>A schedule of weekday mornings, to be changed by who pastes it.</summary>
    static string ScheduleBody(WebhookCall call) =>
        $"{{\"flow\": \"{call.Flow}\", \"cron\": \"0 9 * * 1-5\", \"time_zone\": \"{call.Zone}\", \"input\": {call.Body}}}";
}
