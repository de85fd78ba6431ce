using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Api.Docs;

/// <summary>Whose client a program is, or what it is there for.</summary>
public enum SnippetKind
{
    /// <summary>Starts runs by the flow's webhook and the API.</summary>
    Webhook,

    /// <summary>Is told when a run has ended.</summary>
    Completion,

    /// <summary>LangGraph's client.</summary>
    LangGraph,

    /// <summary>Langflow's client.</summary>
    Langflow,

    /// <summary>DocsGPT's scripts.</summary>
    DocsGpt,

    /// <summary>Answers what waiting runs ask.</summary>
    Answers,
}

/// <summary>One thing to do with a flow, and what it is shown in.</summary>
/// <param name="Title">Its name on a button.</param>
/// <param name="About">What it does, for a reader who decides between several.</param>
public sealed record SnippetTopic(SnippetKind Kind, SnippetMode Mode, string Title, string About, IReadOnlyList<SnippetLanguage> Languages)
{
    /// <summary>The language that was chosen, or the first of those there are.</summary>
    public SnippetLanguage In(SnippetLanguage wanted) => Languages.Contains(wanted) ? wanted : Languages[0];
}

/// <summary>All that snippets show, in the order in which it is offered.</summary>
public static class SnippetTopics
{
    static readonly IReadOnlyList<SnippetLanguage> Every = [SnippetLanguage.Curl, SnippetLanguage.Python, SnippetLanguage.JavaScript, SnippetLanguage.CSharp];
    static readonly IReadOnlyList<SnippetLanguage> Scripts = [SnippetLanguage.Curl, SnippetLanguage.Python, SnippetLanguage.JavaScript];
    static readonly IReadOnlyList<SnippetLanguage> Receivers = [SnippetLanguage.Python, SnippetLanguage.JavaScript, SnippetLanguage.CSharp];

    public static IReadOnlyList<SnippetTopic> All { get; } =
    [
        new(SnippetKind.Webhook, SnippetMode.Start, "Start", "Starts a run and answers at once, with the run's id and links to follow it.", Every),
        new(SnippetKind.Webhook, SnippetMode.Wait, "Wait",
            $"Starts a run through the API and answers with its result: after {WebhookCall.WaitSeconds} s with the unfinished run.", Every),
        new(SnippetKind.Webhook, SnippetMode.Stream, "Stream", "Starts a run and shows its events as they happen, by the link that the answer gives.", Every),
        new(SnippetKind.Webhook, SnippetMode.Poll, "Poll", "Starts a run and asks the link that the answer gives until the run has ended.", Every),
        new(SnippetKind.Webhook, SnippetMode.Cron, "Cron", "Makes a schedule: the flow then runs by the clock, with this input.", Every),
        new(SnippetKind.Completion, SnippetMode.Notify, "Ask for it",
            "Starts a run and names who is told of its end. On the webhook the header X-Completion-Webhook does the same; the flow's settings name one for every run.", Every),
        new(SnippetKind.Completion, SnippetMode.Receive, "Receive",
            "A receiver that checks the signature (Standard Webhooks) and prints how the run ended. Any answer but 2xx, and the message is sent again.", Receivers),
        new(SnippetKind.Completion, SnippetMode.Redeliver, "Send again", "Lists the flow's latest deliveries and sends the newest once more, with the same id.", Every),
        new(SnippetKind.LangGraph, SnippetMode.GraphRun, "Run", "Makes a thread, runs the flow on it as a graph, and gives the thread's state at the end.", Scripts),
        new(SnippetKind.LangGraph, SnippetMode.GraphStream, "Stream", "Runs the flow on a new thread and shows each node's output as it comes.", Scripts),
        new(SnippetKind.LangGraph, SnippetMode.GraphNotify, "Be told", "Starts a run in the background; its end is posted to the webhook, signed as every completion webhook is.", Scripts),
        new(SnippetKind.LangGraph, SnippetMode.GraphCron, "Cron", "Makes a cron: the flow then runs by the clock, each time on a thread of its own.", Scripts),
        new(SnippetKind.Langflow, SnippetMode.FlowRun, "Run", "Runs the flow and answers with its outputs, wrapped as Langflow wraps them.", Scripts),
        new(SnippetKind.Langflow, SnippetMode.FlowStream, "Stream", "Runs the flow and gives messages and tokens as they come, one line of JSON each.", Scripts),
        new(SnippetKind.DocsGpt, SnippetMode.Agent, "Task", "Starts a run as DocsGPT’s own scripts do, and asks for the task’s status until it has ended.", Every),
        new(SnippetKind.Answers, SnippetMode.Answer, "Answer",
            "Lists what the flow’s runs wait for, and answers the newest question: the run goes on. Of several answers the first counts.", Every),
        new(SnippetKind.Answers, SnippetMode.GraphResume, "By LangGraph", "Runs the flow on a LangGraph thread until it asks, and goes on with the answer as the command’s resume.", Scripts),
    ];

    public static SnippetTopic Of(SnippetMode mode) => All.First(t => t.Mode == mode);

    public static IEnumerable<SnippetTopic> Of(SnippetKind kind) => All.Where(t => t.Kind == kind);

    /// <summary>What a topic does with a flow whose webhook's caller waits for this.</summary>
    public static string About(SnippetTopic topic, AnswerTime answer) => topic.Mode is not SnippetMode.Start ? topic.About : answer switch
    {
        AnswerTime.AtEnd => "Starts a run and answers with what it gives; after the webhook’s limit with the run's id and links to follow it.",
        AnswerTime.ByRespond => "Starts a run and answers with what its Respond says; after the webhook’s limit with the run's id and links to follow it.",
        _ => topic.About,
    };

    public static string Title(SnippetKind kind) => kind switch
    {
        SnippetKind.Completion => "Completion webhook",
        SnippetKind.DocsGpt => "DocsGPT",
        _ => kind.ToString(),
    };

    /// <summary>What there is to know before the first of its programs.</summary>
    public static string About(SnippetKind kind) => kind switch
    {
        SnippetKind.Webhook => "A flow has an address of its own that takes any body and answers as soon as the run is stored. A call runs the live version; until one is published, the draft.",
        SnippetKind.Completion => "Whoever asks to be told of a run’s end gets a POST, signed as Standard Webhooks says, and sent again until it is taken.",
        SnippetKind.LangGraph => "A flow is a graph: its endpoint name or its id is the assistant_id. LangGraph’s SDK needs the address of this server and nothing else; without it, the same calls are plain HTTP.",
        SnippetKind.Langflow => "Langflow’s run endpoint with its envelope, its stream and its tweaks: settings by node id, title or type that hold for one run.",
        SnippetKind.Answers => "A run that comes to Ask a person sleeps until somebody answers: in the studio, by the link of the question, or by a program.",
        _ => "An agent’s webhook and the status of its tasks, as DocsGPT’s own scripts call them. The agent’s token is in the flow’s API tab.",
    };

    public static string Title(SnippetLanguage language) => language switch
    {
        SnippetLanguage.Curl => "curl",
        SnippetLanguage.JavaScript => "JS",
        SnippetLanguage.CSharp => "C#",
        _ => language.ToString(),
    };
}
