using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Questions;
using FlowStudio.Web.Studio.Runs;

namespace FlowStudio.Web.Studio.Editor.Dock;

/// <summary>Something said in a chat, or why there is no answer.</summary>
/// <param name="IsUser">A person said it.</param>
/// <param name="Failure">Why the answer is missing; null when it is not.</param>
public sealed record ChatLine(Guid RunId, bool IsUser, string Text, DateTimeOffset At, RunError? Failure = null)
{
    /// <summary>It is part of how the answer came about: what the flow asked, or what was said to that.</summary>
    public bool Between { get; init; }

    /// <summary>Who said it and how, when it was not said in the chat; null when it was.</summary>
    public string? By { get; init; }

    /// <summary>Somebody stopped the answer.</summary>
    public bool Stopped { get; init; }
}

/// <summary>
/// The playground of one flow: its conversations, what was said in the one that is open, and the answer that is on its way. Conversations stay in the store.
/// Plain and single-threaded; the pane draws it.
/// </summary>
public sealed class ChatState(Guid flowId, IChatThreads threads, IRunStore store, TimeProvider time)
{
    /// <summary>Sessions that the playground begins are called so, and then sort by the time they were begun.</summary>
    public const string Prefix = "studio-";

    const int MaxThreads = 50;
    const int MaxMessages = 200;

    /// <summary>Runs of a conversation whose questions are read when it is opened, the newest: each is read whole.</summary>
    const int MaxAsked = 20;

    readonly Dictionary<Guid, IReadOnlyList<ChatLine>> between = [];

    /// <summary>Newest first.</summary>
    public IReadOnlyList<ThreadHead> Threads { get; private set; } = [];

    /// <summary>The session that is open; one without messages is not in <see cref="Threads"/> yet.</summary>
    public string Session { get; private set; } = NewSession(time);

    public List<ChatLine> Lines { get; } = [];

    /// <summary>Whether the flow may ask before it answers: then what it asked is read with what was said.</summary>
    public bool MayAsk { get; set; }

    /// <summary>The run that answers just now.</summary>
    public RunProgress? Answering { get; private set; }

    public bool IsNew => Lines.Count == 0 && Answering is null;

    public Guid ThreadId => ThreadIds.Of(flowId, Session);

    /// <summary>What the answer says so far: what the output said, else what a model says.</summary>
    public string Speaking => Answering?.Steps.LastOrDefault(s => s.Streamed.Length > 0)?.Streamed ?? "";

    /// <summary>What the run that answers has asked already, with the answers.</summary>
    public IEnumerable<ChatLine> Between => Answering is { } run ? LinesOf(run) : [];

    /// <summary>What the run that answers asks just now.</summary>
    /// <param name="titleOf">What people call a node.</param>
    public IReadOnlyList<OpenQuestion> Asks(Func<string, string> titleOf) => Answering?.OpenQuestions(flowId, titleOf) ?? [];

    /// <summary>A run of the conversation that has not ended, and that nobody follows here.</summary>
    public Guid? Unfinished { get; private set; }

    static string NewSession(TimeProvider time) => $"{Prefix}{Ids.New(time)}";

    /// <summary>Whether a chat can start this flow.</summary>
    public static bool CanChat(FlowDocument document) => document.Nodes.Any(n => n.Type == ChatInput.Descriptor.Type && !n.Disabled);

    /// <summary>Reads the list, and when nothing is open yet the newest conversation.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        Threads = await threads.ListAsync(flowId, Prefix, MaxThreads, cancellationToken);
        if (IsNew && Threads is [var newest, ..])
            await OpenAsync(newest.Key, cancellationToken);
    }

    public async Task OpenAsync(string session, CancellationToken cancellationToken)
    {
        Session = session;
        Answering = null;
        await ReadAsync(cancellationToken);
    }

    /// <summary>Begins a conversation; it is stored with its first message.</summary>
    public void Begin()
    {
        Session = NewSession(time);
        (Answering, Unfinished) = (null, null);
        Lines.Clear();
    }

    /// <summary>Deletes a conversation for good.</summary>
    public async Task DeleteAsync(ThreadHead thread, CancellationToken cancellationToken)
    {
        await threads.DeleteAsync(thread.Id, cancellationToken);
        var wasOpen = thread.Key == Session;
        if (wasOpen)
            Begin();
        Threads = await threads.ListAsync(flowId, Prefix, MaxThreads, cancellationToken);
        if (wasOpen && Threads is [var next, ..])
            await OpenAsync(next.Key, cancellationToken);
    }

    /// <summary>The input of a run that is told this.</summary>
    public static JsonElement Input(string text) => JsonText.Element(text, static (json, said) =>
    {
        json.WriteStartObject();
        json.WriteString("input_value"u8, said);
        json.WriteEndObject();
    });

    /// <summary>A run answers from now on.</summary>
    public void Ask(Guid runId, string text)
    {
        Lines.Add(new(runId, IsUser: true, text, time.GetUtcNow()));
        Await(runId);
    }

    /// <summary>The run is followed from now on.</summary>
    public void Await(Guid runId) => (Answering, Unfinished) = (new RunProgress(runId), null);

    /// <summary>What was asked could not be: the reason stands where the answer would.</summary>
    public void Refuse(string text, string problem)
    {
        var at = time.GetUtcNow();
        Lines.Add(new(Guid.Empty, IsUser: true, text, at));
        Lines.Add(new(Guid.Empty, IsUser: false, "", at, new RunError("not_started", problem, NodeId: null)));
    }

    public void Apply(IReadOnlyList<SeenEvent> events)
    {
        foreach (var (runId, e) in events)
        {
            if (Answering?.RunId == runId)
                Answering.Apply(e);
        }
    }

    /// <summary>The answer is complete, or there will be none: what was said is read from the store, where it stays.</summary>
    public async Task EndAsync(Guid runId, CancellationToken cancellationToken)
    {
        if (Answering?.RunId != runId)
            return;
        var ended = Answering;
        await ReadAsync(cancellationToken, ended);
        if (Answering == ended)
            Answering = null;
        Threads = await threads.ListAsync(flowId, Prefix, MaxThreads, cancellationToken);
    }

    /// <summary>What was said, with the reasons why answers are missing, and answers that a flow gives without saying them.</summary>
    async Task ReadAsync(CancellationToken cancellationToken, RunProgress? ended = null)
    {
        var session = Session;
        Guid? unfinished = null;
        var messages = await store.MessagesAsync(ThreadId, MaxMessages, cancellationToken);
        var lines = messages.Select(m => new ChatLine(m.RunId, m.Sender == "User", m.Text, m.At)).ToList();
        foreach (var run in lines.Select(l => l.RunId).Distinct().ToList())
        {
            if (lines.Exists(l => l.RunId == run && !l.IsUser))
                continue;
            var stored = ended?.RunId == run ? null : await store.FindAsync(run, cancellationToken);
            if (stored is not null && !RunNames.IsFinal(stored.Status))
                unfinished = run;
            if ((ended?.RunId == run ? Answer(ended) : Answer(stored)) is { } answer)
                lines.Insert(lines.FindLastIndex(l => l.RunId == run) + 1, answer);
        }
        // Nothing of it was kept in the thread: the flow does not store its messages, or failed before it could.
        if (ended is not null && !lines.Exists(l => l.RunId == ended.RunId))
        {
            lines = [.. Lines];
            if (Answer(ended) is { } answer)
                lines.Add(answer);
        }
        if (ended is not null)
            between[ended.RunId] = [.. LinesOf(ended)];
        if (MayAsk)
        {
            foreach (var run in lines.Select(l => l.RunId).Distinct().TakeLast(MaxAsked).Where(r => r != unfinished && !between.ContainsKey(r)).ToList())
                between[run] = [.. LinesOf(run, (await store.FindDetailsAsync(run, cancellationToken))?.Steps ?? [])];
        }
        foreach (var run in lines.Select(l => l.RunId).Distinct().ToList())
        {
            // A reason may stand for an answer more than once; what was asked stands before all that was said to the end.
            if (run != unfinished && between.TryGetValue(run, out var said) && !lines.Exists(l => l.Between && l.RunId == run))
                lines.InsertRange(lines.FindIndex(l => l.RunId == run && !l.IsUser) is >= 0 and var at ? at : lines.FindLastIndex(l => l.RunId == run) + 1, said);
        }
        if (session != Session)
            return;
        Unfinished = unfinished;
        Lines.Clear();
        Lines.AddRange(lines);
    }

    static IEnumerable<ChatLine> LinesOf(RunProgress run) =>
        LinesOf(run.RunId, run.Steps.SelectMany(s => s.Questions).Where(q => q.Answer is not null || run.IsFinal).OrderBy(q => q.AskedAt));

    static IEnumerable<ChatLine> LinesOf(Guid run, IReadOnlyList<Step> steps) => LinesOf(run, steps.Where(s => s is { Question: not null, AskedAt: not null }).OrderBy(s => s.AskedAt)
        .Select(s => new StepQuestion(s.QuestionId ?? Guid.Empty, Question.Read(s.Question ?? default), s.AskedAt ?? default, s.AnswerUntil)
        {
            Answer = s is { Answer: { } said, AnsweredAt: { } at } ? new(said, new(s.AnsweredBy ?? "", Answerer.ViaOf(s.AnsweredVia ?? "") ?? AnswerVia.Api), at) : null,
        }));

    static IEnumerable<ChatLine> LinesOf(Guid run, IEnumerable<StepQuestion> questions)
    {
        foreach (var asked in questions)
        {
            yield return new(run, IsUser: false, asked.Question.Text.Length > 0 ? asked.Question.Text : AnswerWords.Line(asked.Question), asked.AskedAt) { Between = true };
            if (asked.Answer is { } answer)
            {
                yield return new(run, IsUser: true, AnswerWords.Of(asked.Question, answer.Value), answer.At)
                {
                    Between = true,
                    By = answer.By.Via is AnswerVia.Chat && answer.By.Who.Length == 0 ? null : AnswerWords.By(answer.By.Who, answer.By.Via),
                };
            }
        }
    }

    static ChatLine? Answer(RunProgress run) => run switch
    {
        { Status: RunStatus.Canceled } => new(run.RunId, IsUser: false, run.Steps.LastOrDefault(s => s.Streamed.Length > 0)?.Streamed ?? "", run.FinishedAt ?? default) { Stopped = true },
        { Error: { } error } => new(run.RunId, IsUser: false, "", run.FinishedAt ?? default, error),
        { Output: { } output } => new(run.RunId, IsUser: false, JsonText.OfMessage(output), run.FinishedAt ?? default),
        _ => null,
    };

    static ChatLine? Answer(Run? run) => run switch
    {
        { Status: RunStatus.Canceled, FinishedAt: { } at } => new(run.Id, IsUser: false, "", at) { Stopped = true },
        { Error: { } error, FinishedAt: { } at } => new(run.Id, IsUser: false, "", at, error),
        { ResultPreview: { } text, FinishedAt: { } at } => new(run.Id, IsUser: false, text, at),
        _ => null,
    };
}
