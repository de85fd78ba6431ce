using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Api.Docs;

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

    /// <summary>Starts a run by the API and names who is told of its end.</summary>
    Notify,

    /// <summary>Is told of ends of runs, and checks who tells.</summary>
    Receive,

    /// <summary>Lists deliveries of completion webhooks and sends one again.</summary>
    Redeliver,

    /// <summary>Runs the flow on a LangGraph thread and waits for the state.</summary>
    GraphRun,

    /// <summary>Runs the flow on a LangGraph thread and reads updates as they happen.</summary>
    GraphStream,

    /// <summary>Starts a LangGraph run whose end is posted to a webhook.</summary>
    GraphNotify,

    /// <summary>Makes a LangGraph cron.</summary>
    GraphCron,

    /// <summary>Runs the flow as Langflow does, and waits for its outputs.</summary>
    FlowRun,

    /// <summary>Runs the flow as Langflow does, and reads what it says as it happens.</summary>
    FlowStream,

    /// <summary>Lists what runs wait for, and answers.</summary>
    Answer,

    /// <summary>Runs the flow on a LangGraph thread until it asks, and goes on with the answer.</summary>
    GraphResume,
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

    /// <summary>Where the receiver of the snippets listens.</summary>
    public const string DefaultReceiver = "http://localhost:8000/done";

    /// <summary>What LangGraph's clients are given as the API's address.</summary>
    public string ApiUrl => BaseUrl.TrimEnd('/');

    /// <summary>The webhook's address.</summary>
    public string Address => Under($"api/v1/webhook/{Uri.EscapeDataString(Flow)}");

    /// <summary>What is called: the address, with the payload as its query where there is no body; a signature would not cover it.</summary>
    public string Url => Address + (HasBody || Access is WebhookAccess.Signed ? "" : SnippetLiteral.Query(Body));

    public bool HasBody => Method is "POST" or "PUT" or "PATCH";

    /// <summary>What is sent, and signed where calls are.</summary>
    public string SentBody => HasBody ? Body : "";

    public string WaitUrl => Under($"v1/flows/{Uri.EscapeDataString(Flow)}/runs?wait={WaitSeconds}");

    /// <summary>Where a DocsGPT agent's webhook is.</summary>
    public string AgentUrl => Under($"api/webhooks/agents/{AgentToken ?? "<agent token>"}");

    /// <summary>Whether what the flow takes is a chat message rather than a body.</summary>
    public bool TakesChat { get; init; }

    /// <summary>Who is told of a run's end.</summary>
    public string Receiver { get; init; } = DefaultReceiver;

    /// <summary>An answer to what the flow asks, as JSON on one line.</summary>
    public string Reply { get; init; } = """{"approved": true}""";

    /// <summary>What completion webhooks are signed with; null shows a placeholder.</summary>
    public string? CompletionSecret { get; init; }

    /// <summary>Settings for a Langflow run alone: an object of objects on one line, by node and field.</summary>
    public string Tweaks { get; init; } = "{}";

    /// <summary>Which outputs a Langflow run gives back: <c>chat</c>, <c>text</c>, or <c>debug</c> for all nodes.</summary>
    public string OutputType { get; init; } = "chat";

    /// <summary>Where a DocsGPT task's status is; the id follows.</summary>
    public string TaskUrl => Under("api/task_status?task_id=");

    public string SchedulesUrl => Under("v1/schedules");

    /// <summary>Where the API starts runs.</summary>
    public string RunsUrl => Under($"v1/flows/{Uri.EscapeDataString(Flow)}/runs");

    /// <summary>The latest deliveries of the flow's completion webhooks, newest first.</summary>
    public string DeliveriesUrl => Under($"v1/deliveries?flow={Uri.EscapeDataString(Flow)}&limit=10");

    /// <summary>What the flow's runs wait for, the newest first.</summary>
    public string QuestionsUrl => Under($"v1/questions?flow_id={Uri.EscapeDataString(Flow)}");

    /// <summary>Where Langflow's clients run the flow.</summary>
    public string FlowRunUrl => Under($"api/v1/run/{Uri.EscapeDataString(Flow)}");

    /// <summary>What the API takes to start a run: the body as its input.</summary>
    public string RunBody => $"{{\"input\": {Body}}}";

    /// <summary>The same, with who is told of the end.</summary>
    public string NotifyBody => $"{{\"input\": {Body}, \"webhook\": {SnippetLiteral.JsonText(Receiver)}}}";

    /// <summary>What a LangGraph client gives the flow: a message, or the body.</summary>
    public string GraphInput => TakesChat ? """{"messages": [{"role": "user", "content": "Hello"}]}""" : Body;

    /// <summary>What Langflow's clients post: a message for the chat input, and settings for this run.</summary>
    public string FlowRunBody => (TakesChat ? """{"input_value": "Hello", "input_type": "chat", """ : "{") +
        $"\"output_type\": \"{OutputType}\"{(TakesChat ? ", \"session_id\": \"session-1\"" : "")}{(Tweaks == "{}" ? "" : $", \"tweaks\": {Tweaks}")}}}";

    /// <summary>The secret that a receiver checks messages with.</summary>
    public string ReceiverSecret => CompletionSecret ?? "<signing secret>";

    /// <summary>The port that a receiver listens on: that of its address when it is on this machine.</summary>
    public int ReceiverPort => ReceiverUri is { IsLoopback: true } uri ? uri.Port : 8000;

    public string ReceiverPath => ReceiverUri is { AbsolutePath.Length: > 1 } uri ? uri.AbsolutePath : "/done";

    /// <summary>A path alone would be a file's address.</summary>
    Uri? ReceiverUri => Uri.TryCreate(Receiver, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? uri : null;

    /// <summary>The header that the webhook asks for, if it asks for one.</summary>
    public string? WebhookToken => Access is WebhookAccess.Token ? Token ?? "<webhook token>" : null;

    /// <summary>What the webhook's calls are signed with.</summary>
    public string SigningSecret => Token ?? "<signing secret>";

    /// <summary>An address under the server's.</summary>
    public string Under(string path) => $"{BaseUrl.TrimEnd('/')}/{path}";
}

/// <summary>Programs for callers of one flow, complete as they stand; pure, and compared with golden files.</summary>
public static partial class Snippets
{
    /// <summary>The program's text, without a newline at its end.</summary>
    public static string Of(WebhookCall call, SnippetMode mode, SnippetLanguage language) => SnippetTopics.Of(mode).Kind switch
    {
        SnippetKind.Completion => Completion(call, mode, language),
        SnippetKind.LangGraph => Graph(call, mode, language),
        SnippetKind.Langflow => Flow(call, mode, language),
        SnippetKind.Answers => mode is SnippetMode.GraphResume ? Resumed(call, language) : Answered(call, language),
        _ => language switch
        {
            SnippetLanguage.Python => Python(call, mode),
            SnippetLanguage.JavaScript => JavaScript(call, mode),
            SnippetLanguage.CSharp => CSharp(call, mode),
            _ => Curl(call, mode),
        },
    };

    /// <summary>A schedule of weekday mornings, to be changed by who pastes it.</summary>
    static string ScheduleBody(WebhookCall call) =>
        $"{{\"flow\": \"{call.Flow}\", \"cron\": \"0 9 * * 1-5\", \"time_zone\": \"{call.Zone}\", \"input\": {call.Body}}}";
}
