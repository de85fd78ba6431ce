using System.Globalization;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Editor.Live;
using FlowStudio.Web.Studio.Questions;
using FlowStudio.Web.Studio.Shared;

namespace FlowStudio.Web.Studio.Editor.RunLog;

/// <summary>How much of the log is shown.</summary>
public enum RunLogLevel
{
    /// <summary>Also when nodes begin, and what components say for their makers.</summary>
    Everything,
    Normal,
    Warnings,
}

/// <summary>One line of the log; the text of one that streams grows in place.</summary>
public sealed class RunLogLine
{
    string text = "";
    StringBuilder? growing;

    /// <summary>Its place in the log, counted from the first line there ever was.</summary>
    public required long Number { get; init; }

    /// <summary>The event it tells of; 0 when none.</summary>
    public required long Seq { get; init; }

    /// <summary>Empty when it is about no single run.</summary>
    public required Guid RunId { get; init; }

    public required DateTimeOffset At { get; init; }

    public required LogLevelName Level { get; init; }

    /// <summary>The node it is about; null for the run as a whole.</summary>
    public string? NodeId { get; init; }

    public required string Who { get; init; }

    /// <summary>The run that it speaks of; null when of none but its own.</summary>
    public Guid? OtherRunId { get; init; }

    /// <summary>The question that it tells of, until it is answered or its run ends; null when of none.</summary>
    public Guid? QuestionId { get; internal set; }

    /// <summary>What is asked by it; there with the id.</summary>
    internal Question? Question { get; set; }

    /// <summary>The first line of a run.</summary>
    public bool BeginsRun { get; init; }

    /// <summary>More is coming: a model is speaking.</summary>
    public bool Streaming { get; private set; }

    public string Text
    {
        get => growing?.ToString() ?? text;
        internal set => (text, growing) = (value, null);
    }

    internal int Length => growing?.Length ?? text.Length;

    internal void Grow(string more, int from, int count)
    {
        Streaming = true;
        (growing ??= new StringBuilder(text)).Append(more, from, count);
    }

    internal void End()
    {
        Text = Text;
        Streaming = false;
    }
}

/// <summary>
/// What the run log of a flow holds: lines of all its runs in the order they came, the oldest forgotten beyond <see cref="Capacity"/> and counted.
/// Plain and single-threaded; the pane draws it.
/// </summary>
public sealed class RunLogState(int capacity = RunLogState.Capacity)
{
    /// <summary>Lines; a row is 22 px, and a browser draws no taller page than some 33 million px.</summary>
    public const int Capacity = 100_000;

    /// <summary>Characters of one line; the whole is with the step.</summary>
    public const int MaxLine = 4_000;

    readonly List<RunLogLine> lines = [];
    readonly Dictionary<(Guid Run, string? Node, string Path, int Attempt), RunLogLine> speaking = [];
    readonly Dictionary<Guid, RunLogLine> asking = [];
    readonly Dictionary<Guid, long> seen = [];
    List<RunLogLine>? matching;
    RunLogLine? sum;
    DateTimeOffset sumSince;
    long made;
    RunLogLevel level = RunLogLevel.Normal;
    string search = "";
    string? onlyNode;
    Guid? onlyRun;

    /// <summary>What people call a node.</summary>
    public Func<string, string> TitleOf { get; set; } = static id => id;

    /// <summary>Lines forgotten because there were too many.</summary>
    public long Forgotten { get; private set; }

    /// <summary>The lines that pass the filter.</summary>
    public IReadOnlyList<RunLogLine> Shown => matching ??= [.. lines.Where(Matches)];

    public int Total => lines.Count;

    /// <summary>A node's newest lines in one run that say something to people, whatever the filter.</summary>
    public IReadOnlyList<RunLogLine> Of(Guid runId, string nodeId, int most)
    {
        var found = new List<RunLogLine>();
        for (var i = lines.Count - 1; i >= 0 && found.Count < most; i--)
        {
            if (lines[i].NodeId == nodeId && lines[i].RunId == runId && lines[i].Level >= LogLevelName.Info)
                found.Add(lines[i]);
        }
        found.Reverse();
        return found;
    }

    public RunLogLevel Level
    {
        get => level;
        set => (level, matching) = (value, null);
    }

    public string Search
    {
        get => search;
        set => (search, matching) = (value.Trim(), null);
    }

    /// <summary>Only this node's lines, or all.</summary>
    public string? OnlyNode
    {
        get => onlyNode;
        set => (onlyNode, matching) = (value, null);
    }

    /// <summary>Only this run's lines, or all.</summary>
    public Guid? OnlyRun
    {
        get => onlyRun;
        set => (onlyRun, matching) = (value, null);
    }

    /// <summary>Shows what another log shows.</summary>
    public void TakeFilter(RunLogState other) => (level, search, onlyNode, matching) = (other.level, other.search, other.onlyNode, null);

    /// <summary>Says how many runs are not shown one by one: one line for a stretch, whose text changes.</summary>
    public void Sum(BusySummary busy)
    {
        if (sum is null || sumSince != busy.Since)
            (sum, sumSince) = (Tell(busy.Since, "", LogLevelName.Info), busy.Since);
        sum.Text = $"{Times.Count(busy.PerSecond)} runs a second: {Times.Count(busy.Ended)} ended without being shown here, "
            + (busy.Failed == 0 ? "all succeeded" : $"{Times.Count(busy.Failed)} of them did not succeed") + ". The history has them all.";
    }

    /// <summary>Adds a line about no single run.</summary>
    public RunLogLine Tell(DateTimeOffset at, string text, LogLevelName weight = LogLevelName.Warning) =>
        Add(new RunLogLine { Number = made++, Seq = 0, RunId = Guid.Empty, At = at, Level = weight, Who = "flow", Text = text });

    public void Clear()
    {
        sum = null;
        lines.Clear();
        speaking.Clear();
        asking.Clear();
        matching = null;
        Forgotten = 0;
    }

    /// <summary>Adds what an event says; one whose number was seen adds nothing.</summary>
    public void Append(Guid runId, RunEventView e)
    {
        if (e.Type == RunEventTypes.Gap)
        {
            Add(runId, e, LogLevelName.Warning, "The page could not keep up here; the run's own page has all of it.");
            return;
        }
        if (seen.TryGetValue(runId, out var last) && e.Seq <= last)
            return;
        seen[runId] = e.Seq;
        switch (e.Type)
        {
            case RunEventTypes.RunAccepted:
                Add(runId, e, LogLevelName.Info, Accepted(e), beginsRun: true);
                break;
            case RunEventTypes.RunStarted:
                Add(runId, e, LogLevelName.Debug, "started");
                break;
            case RunEventTypes.RunWaiting:
                Add(runId, e, LogLevelName.Info, "asleep; it goes on by itself when what it waits for comes");
                break;
            case RunEventTypes.RunResumed:
                Add(runId, e, LogLevelName.Info, "goes on");
                break;
            case RunEventTypes.RunInterrupted:
                Add(runId, e, LogLevelName.Warning, "interrupted: the server stopped; the run goes on when it is back");
                break;
            case RunEventTypes.RunResponded:
                Add(runId, e, LogLevelName.Info, Answered(e.Data));
                break;
            case RunEventTypes.RunFinished:
                Finished(runId, e);
                break;
            case RunEventTypes.NodeStarted:
                Add(runId, e, LogLevelName.Debug, e.Attempt > 1 ? string.Create(CultureInfo.InvariantCulture, $"started, attempt {e.Attempt}") : "started");
                break;
            case RunEventTypes.NodeFinished:
                if (!EndStream(runId, e))
                    Add(runId, e, LogLevelName.Info, e.Text("reused_from") is not null ? $"reused: {Output(e.Data)}" : IsPinned(e) ? $"pinned: {Output(e.Data)}" : Output(e.Data));
                break;
            case RunEventTypes.NodeRetrying:
                EndStream(runId, e);
                Add(runId, e, LogLevelName.Warning, $"{Error(e)} Trying again in {Times.Duration(TimeSpan.FromMilliseconds(Number(e.Data, "after_ms")))}.");
                break;
            case RunEventTypes.NodeFailed:
                EndStream(runId, e);
                Add(runId, e, LogLevelName.Error, Error(e));
                break;
            case RunEventTypes.NodeSkipped:
                Add(runId, e, LogLevelName.Debug, "skipped: no branch that was taken leads here");
                break;
            case RunEventTypes.NodeWaiting:
                Asks(Add(runId, e, LogLevelName.Info, Waiting(e)), e);
                break;
            case RunEventTypes.NodeAnswered:
                Add(runId, e, LogLevelName.Info, Answered(e));
                break;
            case RunEventTypes.Log:
                Add(runId, e, Level(e), e.Text("text") ?? "");
                break;
            case RunEventTypes.Token:
                Stream(runId, e);
                break;
        }

        static LogLevelName Level(RunEventView e) => Enum.TryParse<LogLevelName>(e.Text("level"), ignoreCase: true, out var level) ? level : LogLevelName.Info;
    }

    /// <summary>The shown lines as text, for the clipboard and for a file; <paramref name="clock"/> prints a time.</summary>
    public string ToText(Func<DateTimeOffset, string> clock)
    {
        var text = new StringBuilder();
        foreach (var line in Shown)
            text.Append(clock(line.At)).Append('\t').Append(line.Level.ToString().ToLowerInvariant()).Append('\t').Append(line.Who).Append('\t').Append(line.Text).Append('\n');
        return text.ToString();
    }

    static string Answered(JsonElement data)
    {
        var response = RunResponse.Read(data);
        return string.Create(CultureInfo.InvariantCulture, $"answers {response.Status}{(response.Body.Length > 0 ? ": " + response.Body : "")}");
    }

    void Stream(Guid runId, RunEventView e)
    {
        var key = Key(runId, e);
        if (!speaking.TryGetValue(key, out var line))
        {
            line = Add(runId, e, LogLevelName.Info, "");
            speaking[key] = line;
        }
        var text = e.Text("text") ?? "";
        var offset = e.Data.TryGetProperty("offset", out var at) && at.TryGetInt64(out var number) ? number : line.Length;
        var known = (int)Math.Clamp(line.Length - offset, 0, text.Length);
        var room = Math.Max(0, MaxLine - line.Length);
        line.Grow(text, known, Math.Min(room, text.Length - known));
        if (search.Length > 0 && matching is not null && Matches(line))
            Show(matching, line);
    }

    /// <summary>A line that passes the filter only now takes its place among the others.</summary>
    static void Show(List<RunLogLine> shown, RunLogLine line)
    {
        var at = shown.Count;
        while (at > 0 && shown[at - 1].Number > line.Number)
            at--;
        if (at == 0 || shown[at - 1] != line)
            shown.Insert(at, line);
    }

    void Asks(RunLogLine line, RunEventView e)
    {
        if (!Guid.TryParse(e.Text("question_id"), out var id))
            return;
        (line.QuestionId, line.Question) = (id, Question.Read(e.Data.GetProperty("question")));
        asking[id] = line;
    }

    string Answered(RunEventView e)
    {
        var asked = Guid.TryParse(e.Text("question_id"), out var id) && asking.Remove(id, out var line) ? line : null;
        var question = asked?.Question;
        if (asked is not null)
            (asked.QuestionId, asked.Question) = (null, null);
        var by = AnswerWords.By(e.Text("by"), Answerer.ViaOf(e.Text("via") ?? ""));
        return e.Data.TryGetProperty("answer", out var answer) ? $"answered {by}: {AnswerWords.Of(question, answer)}" : $"answered {by}";
    }

    bool EndStream(Guid runId, RunEventView e)
    {
        if (!speaking.Remove(Key(runId, e), out var line))
            return false;
        line.End();
        return true;
    }

    void Finished(Guid runId, RunEventView e)
    {
        foreach (var (key, line) in speaking.Where(s => s.Key.Run == runId).ToList())
        {
            line.End();
            speaking.Remove(key);
        }
        foreach (var (id, line) in asking.Where(a => a.Value.RunId == runId).ToList())
        {
            (line.QuestionId, line.Question) = (null, null);
            asking.Remove(id);
        }
        seen.Remove(runId);
        seen[runId] = long.MaxValue;
        var status = e.Text("status") ?? "";
        switch (RunNames.Status(status))
        {
            case RunStatus.Succeeded:
                Add(runId, e, LogLevelName.Info, "succeeded");
                break;
            case RunStatus.Canceled:
                Add(runId, e, LogLevelName.Warning, "canceled");
                break;
            default:
                Add(runId, e, LogLevelName.Error, $"{status.Replace('_', ' ')}: {Error(e)}");
                break;
        }
        Forget();
    }

    /// <summary>Runs that ended long ago need no number kept: their events do not come again.</summary>
    void Forget()
    {
        if (seen.Count <= 4_000)
            return;
        foreach (var run in seen.Where(s => s.Value == long.MaxValue).Select(s => s.Key).Take(2_000).ToList())
            seen.Remove(run);
    }

    RunLogLine Add(Guid runId, RunEventView e, LogLevelName weight, string text, bool beginsRun = false)
    {
        var who = e.NodeId is null ? "run" : TitleOf(e.NodeId);
        if (e.Iteration.Count > 0)
            who += string.Create(CultureInfo.InvariantCulture, $" › {string.Join('.', e.Iteration.Select(i => i + 1))}");
        Guid? other = e.Type is RunEventTypes.NodeWaiting or RunEventTypes.Log && Guid.TryParse(e.Text("run_id"), out var id) ? id : null;
        return Add(new RunLogLine
        {
            Number = made++,
            Seq = e.Seq,
            RunId = runId,
            At = e.At,
            Level = weight,
            NodeId = e.NodeId,
            Who = who,
            OtherRunId = other,
            BeginsRun = beginsRun,
            Text = text.Length > MaxLine ? string.Concat(text.AsSpan(0, MaxLine), "…") : text,
        });
    }

    RunLogLine Add(RunLogLine line)
    {
        lines.Add(line);
        if (lines.Count > capacity)
        {
            // A tenth at a time, so that a full log does not move all its lines for each new one.
            var count = Math.Max(1, capacity / 10);
            lines.RemoveRange(0, count);
            Forgotten += count;
            matching = null;
        }
        else if (matching is not null && Matches(line))
        {
            matching.Add(line);
        }
        return line;
    }

    bool Matches(RunLogLine line) =>
        line.Level >= level switch { RunLogLevel.Everything => LogLevelName.Debug, RunLogLevel.Normal => LogLevelName.Info, _ => LogLevelName.Warning }
        && (onlyNode is null || line.NodeId == onlyNode)
        && (onlyRun is null || line.RunId == onlyRun)
        && (search.Length == 0 || Has(line.Who) || Has(line.Text));

    bool Has(string text) => text.Contains(search, StringComparison.OrdinalIgnoreCase);

    static string Accepted(RunEventView e)
    {
        var from = e.Text("trigger") is { } trigger ? $" from {trigger}" : "";
        var input = e.Data.TryGetProperty("input", out var value) ? $", {Times.Size(JsonText.Utf8(value).Length)} of input" : "";
        return $"accepted{from}{input}";
    }

    static string Waiting(RunEventView e) => e.Data.TryGetProperty("question", out var question) && question.ValueKind is not JsonValueKind.Null
        ? $"waits for an answer: {AnswerWords.Line(Question.Read(question))}"
        : Guid.TryParse(e.Text("run_id"), out var run) ? $"waits for the end of run {Times.ShortId(run)}"
        : e.Text("until") is { } until ? $"waits until {until}"
        : "waits for what it called";

    /// <summary>A node's first output as a person reads it; what else it gave is with the step.</summary>
    static string Output(JsonElement data)
    {
        if (!data.TryGetProperty("output", out var output) || output.ValueKind is not JsonValueKind.Object)
            return "done";
        foreach (var port in output.EnumerateObject())
            return JsonText.OfMessage(port.Value);
        return "done";
    }

    static string Error(RunEventView e)
    {
        if (!e.Data.TryGetProperty("error", out var error) || error.ValueKind is not JsonValueKind.Object)
            return "failed";
        var message = error.TryGetProperty("message", out var m) ? JsonText.Of(m) : "failed";
        var remedy = error.TryGetProperty("remedy", out var r) ? JsonText.Of(r) : "";
        return remedy.Length == 0 ? message : $"{message} {remedy}";
    }

    static bool IsPinned(RunEventView e) => e.Data.TryGetProperty("pinned", out var pinned) && pinned.ValueKind is JsonValueKind.True;

    static double Number(JsonElement owner, string name) => owner.TryGetProperty(name, out var value) && value.TryGetDouble(out var number) ? number : 0;

    static (Guid, string?, string, int) Key(Guid runId, RunEventView e) => (runId, e.NodeId, StepKey.PathOf(e.Iteration), e.Attempt);
}
