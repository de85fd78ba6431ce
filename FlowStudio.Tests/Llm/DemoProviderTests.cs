using System.Text.Json;
using FlowStudio.Engine.Llm;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Llm;

public class DemoProviderTests
{
    const string Tutorial = "Answer the customer in one friendly sentence. The customer Ada writes: my order 4711 has not arrived, where is my order?";

    static readonly DemoProvider Provider = new(TimeProvider.System);

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_says_what_it_is_what_it_was_asked_and_how_to_get_a_real_one()
    {
        var answer = await AskAsync(Tutorial);
        answer.Text.ShouldBe(
            """
            This is the built-in demo model of FlowStudio: no network, no key, always the same answer.

            I was asked, in 21 words:

            > Answer the customer in one friendly sentence. The customer Ada writes: my order 4711 has not arrived, where is my order?

            It seems to be about customer, order and friendly.

            For a real answer choose another provider in this node: openai (its key in a variable named OPENAI_API_KEY), anthropic (ANTHROPIC_API_KEY) or ollama (no key).
            """);
        (answer.FinishReason, answer.InputTokens, answer.OutputTokens).ShouldBe(("stop", (Tutorial.Length + 3) / 4, (answer.Text.Length + 3) / 4));
    }

    [Fact]
    public async Task The_same_request_gets_the_same_answer_and_another_another()
    {
        (await AskAsync(Tutorial)).ShouldBe(await AskAsync(Tutorial));
        (await AskAsync(Tutorial)).Text.ShouldNotBe((await AskAsync("Something else")).Text);
        (await Provider.CompleteAsync(new LlmRequest { Model = "demo", Input = Tutorial, System = "Be rude." }, onToken: null, Ct)).Text.ShouldContain("“Be rude.”");
    }

    [Fact]
    public async Task Streamed_it_comes_word_by_word_and_is_the_same()
    {
        var pieces = new List<string>();
        var streamed = await Provider.CompleteAsync(new LlmRequest { Model = "demo", Input = "Hi there" }, pieces.Add, Ct);
        streamed.ShouldBe(await AskAsync("Hi there"));
        string.Concat(pieces).ShouldBe(streamed.Text);
        pieces.Count.ShouldBeGreaterThan(30);
        pieces.ShouldAllBe(p => p.Trim().Split(' ', StringSplitOptions.None).Length == 1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("?")]
    [InlineData("😀😀😀")]
    [InlineData("a\0b")]
    public async Task Any_request_gets_an_answer(string input) => (await AskAsync(input)).Text.ShouldContain("demo model");

    [Fact]
    public async Task A_long_request_is_quoted_in_part() =>
        (await AskAsync(new string('x', 1_000_000) + " y")).Text.Length.ShouldBeLessThan(21_000);

    [Fact]
    public async Task A_maximum_of_tokens_cuts_it()
    {
        var answer = await Provider.CompleteAsync(new LlmRequest { Model = "demo", Input = Tutorial, MaxTokens = 5 }, onToken: null, Ct);
        (answer.Text, answer.OutputTokens, answer.IsCut).ShouldBe(("This is the built-in", 5, true));
    }

    [Fact]
    public async Task Asked_for_json_it_answers_in_json() =>
        JsonDocument.Parse((await Provider.CompleteAsync(new LlmRequest { Model = "demo", Input = Tutorial, Json = true }, onToken: null, Ct)).Text)
            .RootElement.GetProperty("words").GetInt32().ShouldBe(21);

    [Fact]
    public async Task A_stream_ends_when_canceled()
    {
        using var stop = new CancellationTokenSource();
        await Should.ThrowAsync<OperationCanceledException>(() => Provider.CompleteAsync(new LlmRequest { Model = "demo", Input = Tutorial }, _ => stop.Cancel(), stop.Token));
    }

    static Task<LlmAnswer> AskAsync(string input) => Provider.CompleteAsync(new LlmRequest { Model = "demo", Input = input }, onToken: null, Ct);
}
