using FlowStudio.Engine.Runs;
using FlowStudio.Web.Studio.Editor.RunLog;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

public class RunLogStateTests
{
    static readonly Guid Run = Guid.Parse("019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41");
    readonly RunEvents events = new(Run);
    readonly RunLogState log = new() { TitleOf = static id => id == "llm" ? "LLM" : id };

    string[] Texts => [.. log.Shown.Select(l => $"{l.Who}: {l.Text}")];

    void Append(params RunEventView[] views)
    {
        foreach (var view in views)
            log.Append(Run, view);
    }

    [Fact]
    public void A_run_reads_from_acceptance_to_its_end()
    {
        Append(events.Accepted("""{"a":1}"""), events.Started(), events.NodeStarted("llm"), events.NodeFinished("llm", """{"message":"Hello"}"""), events.Finished());
        Texts.ShouldBe(["run: accepted from webhook, 7 bytes of input", "LLM: Hello", "run: succeeded"]);
        log.Shown[0].BeginsRun.ShouldBeTrue();
    }

    [Fact]
    public void A_node_s_lines_are_found_whatever_the_filter_the_newest_first_to_stay()
    {
        Append(events.Accepted(), events.NodeStarted("llm"), events.NodeFinished("llm", """{"message":"One"}""", 1, 0), events.NodeFinished("text", """{"message":"No"}"""), events.NodeFinished("llm", """{"message":"Two"}""", 1, 1));
        log.Search = "nothing is like this";
        log.Of(Run, "llm", 10).Select(l => l.Text[^3..]).ShouldBe(["One", "Two"]);
        log.Of(Run, "llm", 1).Single().Text.ShouldEndWith("Two");
        log.Of(Guid.Empty, "llm", 10).ShouldBeEmpty();
    }

    [Fact]
    public void A_line_from_inside_of_a_loop_says_which_item()
    {
        Append(events.NodeFinished("llm", """{"message":"Hello"}""", 1, 2), events.NodeFinished("llm", """{"message":"Hello"}""", 1, 2, 0));
        Texts.ShouldBe(["LLM › 3: Hello", "LLM › 3.1: Hello"]);
    }

    [Fact]
    public void Tokens_stream_in_place_and_the_finished_node_adds_no_second_line()
    {
        Append(events.NodeStarted("llm"), events.Token("llm", "Good ", 0), events.Token("llm", "news", 5));
        Texts.ShouldBe(["LLM: Good news"]);
        log.Shown[0].Streaming.ShouldBeTrue();
        Append(events.NodeFinished("llm", """{"message":"Good news"}"""));
        Texts.ShouldBe(["LLM: Good news"]);
        log.Shown[0].Streaming.ShouldBeFalse();
    }

    [Fact]
    public void A_token_that_repeats_what_is_known_adds_only_the_rest()
    {
        Append(events.Token("llm", "Good ", 0), events.Token("llm", "Good news", 0));
        Texts.ShouldBe(["LLM: Good news"]);
    }

    [Fact]
    public void Each_attempt_and_each_run_has_its_own_stream()
    {
        Append(events.Token("llm", "One", 0), events.NodeRetrying("llm"), events.Token("llm", "Two", 0, attempt: 2));
        var other = new RunEvents(Guid.NewGuid());
        log.Append(other.RunId, other.Token("llm", "Three", 0));
        Texts.ShouldBe(["LLM: One", "LLM: 429 from the model's server. Trying again in 500 ms.", "LLM: Two", "LLM: Three"]);
        log.Shown[0].Streaming.ShouldBeFalse();
    }

    [Fact]
    public void The_end_of_a_run_ends_what_it_was_saying()
    {
        Append(events.Token("llm", "Half a sen", 0), events.Finished("canceled", "null"));
        log.Shown[0].Streaming.ShouldBeFalse();
        Texts[^1].ShouldBe("run: canceled");
    }

    [Fact]
    public void A_number_already_seen_adds_nothing()
    {
        var accepted = events.Accepted();
        Append(accepted, accepted);
        log.Total.ShouldBe(1);
        var finished = events.Finished();
        Append(finished, finished, accepted);
        log.Total.ShouldBe(2);
    }

    [Fact]
    public void Failures_say_what_to_do_and_are_errors()
    {
        Append(events.NodeFailed("llm"), events.Finished("timed_out", "null", """{"code":"timeout","message":"Stopped after 60 s."}"""));
        log.Shown.Select(l => l.Level).ShouldAllBe(level => level == LogLevelName.Error);
        Texts.ShouldBe(["LLM: No answer within 30 s. Raise the node's time limit.", "run: timed out: Stopped after 60 s."]);
    }

    [Fact]
    public void Levels_nodes_and_text_filter_and_new_lines_obey()
    {
        Append(events.Accepted(), events.NodeStarted("llm"), events.NodeFinished("llm", """{"message":"Hello Ada"}"""));
        log.Level = RunLogLevel.Everything;
        log.Shown.Count.ShouldBe(3);
        log.Level = RunLogLevel.Warnings;
        log.Shown.ShouldBeEmpty();
        Append(events.NodeFailed("llm", attempt: 2));
        log.Shown.Count.ShouldBe(1);
        log.Level = RunLogLevel.Normal;
        log.OnlyNode = "llm";
        log.Shown.Count.ShouldBe(2);
        log.Search = "ADA";
        Texts.ShouldBe(["LLM: Hello Ada"]);
        Append(events.Token("llm", "Dear ", 0, attempt: 3));
        log.Shown.Count.ShouldBe(1);
        Append(events.Token("llm", "Ada", 5, attempt: 3));
        log.Shown.Count.ShouldBe(2);
    }

    [Fact]
    public void A_full_log_forgets_its_oldest_lines_and_counts_them()
    {
        var small = new RunLogState(capacity: 100);
        for (var i = 0; i < 250; i++)
            small.Append(Run, events.View(RunEventTypes.Log, "llm", $$"""{"level":"info","text":"line {{i}}"}"""));
        small.Shown.Count.ShouldBeLessThanOrEqualTo(100);
        small.Shown[^1].Text.ShouldBe("line 249");
        (small.Forgotten + small.Total).ShouldBe(250);
    }

    [Fact]
    public void A_very_long_line_is_cut()
    {
        Append(events.NodeFinished("llm", $"{{\"message\":\"{new string('x', 10_000)}\"}}"));
        log.Shown[0].Text.Length.ShouldBe(RunLogState.MaxLine + 1);
        for (var i = 0; i < 20; i++)
            Append(events.Token("llm", new string('y', 1_000), i * 1_000, attempt: 2));
        log.Shown[1].Text.Length.ShouldBe(RunLogState.MaxLine);
    }

    [Fact]
    public void A_gap_is_admitted()
    {
        Append(events.View(RunEventTypes.Gap, data: """{"from":3,"to":9}"""));
        log.Shown[0].Level.ShouldBe(LogLevelName.Warning);
    }

    [Fact]
    public void Of_several_outputs_the_first_is_read()
    {
        Append(events.NodeFinished("split", """{"yes":"a","no":{"n":1}}"""));
        Texts.ShouldBe(["split: a"]);
    }

    [Fact]
    public void The_text_is_what_is_shown()
    {
        Append(events.Accepted("1"), events.NodeFinished("llm", """{"message":"Hello"}"""));
        log.ToText(static _ => "14:02").ShouldBe("14:02\tinfo\trun\taccepted from webhook, 1 byte of input\n14:02\tinfo\tLLM\tHello\n");
    }
}
