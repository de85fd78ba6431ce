using FlowStudio.Engine.Runs;
using FlowStudio.Tests.Llm;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

public class LlmCallTests
{
    [Fact]
    public async Task The_demo_model_answers_without_any_setting()
    {
        var node = new NodeTest("LLM").In("input_value", "\"Hello\"");
        var text = await node.TextAsync("text_output");
        text.ShouldContain("demo model");
        string.Concat(node.Tokens).ShouldBe(text);
        (node.Used.Input, node.Used.Output).ShouldBe((2, (text.Length + 3) / 4));
        node.Logs.ShouldHaveSingleItem().Text.ShouldStartWith("demo answered: 2 tokens in,");
    }

    [Fact]
    public void Its_choices_are_the_providers_there_are()
    {
        var choices = NodeTest.Catalog.Find("LLM").ShouldNotBeNull().Fields.Single(f => f.Name == "provider").Choices;
        choices.ShouldBe(["demo", "openai", "anthropic", "ollama"]);
    }

    [Fact]
    public async Task Inputs_settings_and_variables_reach_the_service()
    {
        await using var service = await FakeOpenAi.AnsweringAsync(200, FakeOpenAi.Whole("Fine."));
        var node = OpenAi(service).Set("model_name", "small").Set("api_key", "MY_KEY").Set("temperature", 0.5).Set("max_tokens", 9).Set("seed", 3).Set("json_mode", true)
            .Set("system_message", "Be kind.").Set("stream", false).Variable("MY_KEY", "sk-mine").In("input_value", """{"text":"Hi","sender":"User"}""");
        (await node.TextAsync("text_output")).ShouldBe("Fine.");
        var asked = service.Asked.ShouldHaveSingleItem();
        asked.Headers.Authorization.ToString().ShouldBe("Bearer sk-mine");
        asked.Body.GetRawText().ShouldBe(
            """{"model":"small","messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"Hi"}],"temperature":0.5,"max_tokens":9,"seed":3,"response_format":{"type":"json_object"}}""");
        node.Used.ShouldBe(new TokenUsage(12, 5));
        node.Tokens.ShouldBeEmpty();
    }

    [Fact]
    public async Task Left_empty_settings_are_not_sent()
    {
        await using var service = await FakeOpenAi.AnsweringAsync(200, FakeOpenAi.Whole("Fine."));
        await OpenAi(service).Set("max_tokens", 0).Set("stream", false).In("input_value", "\"Hi\"").RunAsync();
        service.Asked.ShouldHaveSingleItem().Body.GetRawText().ShouldBe("""{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Hi"}]}""");
    }

    [Fact]
    public async Task The_environments_service_gets_the_environments_key()
    {
        await using var service = await FakeOpenAi.AnsweringAsync(200, FakeOpenAi.Whole("Fine."));
        await new NodeTest("LLM").Set("provider", "openai").In("input_value", "\"Hi\"").Variable("OPENAI_BASE_URL", service.BaseUrl).Variable("OPENAI_API_KEY", "sk-env").RunAsync();
        service.Asked.ShouldHaveSingleItem().Headers.Authorization.ToString().ShouldBe("Bearer sk-env");
    }

    [Fact]
    public async Task Another_service_does_not_get_the_environments_key()
    {
        await using var service = await FakeOpenAi.AnsweringAsync(200, FakeOpenAi.Whole("Fine."));
        await OpenAi(service).In("input_value", "\"Hi\"").Variable("OPENAI_API_KEY", "sk-env").RunAsync();
        service.Asked.ShouldHaveSingleItem().Headers.Authorization.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Without_a_key_OpenAI_is_not_called()
    {
        var error = await new NodeTest("LLM").Set("provider", "openai").In("input_value", "\"Hi\"").FailsAsync();
        (error.Code, error.Retryable).ShouldBe(("missing_key", false));
        error.Remedy.ShouldContain("OPENAI_API_KEY");
    }

    [Fact]
    public async Task A_failure_names_the_node_and_says_whether_to_repeat()
    {
        await using var service = await FakeOpenAi.AnsweringAsync(429, """{"error":{"message":"Slow down, sk-mine"}}""", headers: ("Retry-After", "7"));
        var error = await OpenAi(service).Set("api_key", "MY_KEY").Variable("MY_KEY", "sk-mine").In("input_value", "\"Hi\"").FailsAsync();
        (error.Code, error.Retryable, error.RetryAfter).ShouldBe(("rate_limited", true, TimeSpan.FromSeconds(7)));
        error.Message.ShouldBe($"LLM: {service.Host} answered 429 Too Many Requests: Slow down, •••");
    }

    [Fact]
    public async Task A_cut_answer_is_passed_on_with_a_warning()
    {
        await using var service = await FakeOpenAi.AnsweringAsync(200, FakeOpenAi.Whole("half an ans", "length"));
        var node = OpenAi(service).Set("max_tokens", 1234).In("input_value", "\"Hi\"");
        (await node.TextAsync("text_output")).ShouldBe("half an ans");
        node.Logs.ShouldHaveSingleItem().ShouldBe((LogLevelName.Warning, "The answer of gpt-4o-mini ends where the limit of 1,234 tokens cut it."));
    }

    [Fact]
    public async Task The_input_can_be_typed_into_the_node() =>
        (await new NodeTest("LLM").Set("input_value", "typed words").Set("stream", false).TextAsync("text_output")).ShouldContain("typed words");

    static NodeTest OpenAi(FakeLlmService service) => new NodeTest("LLM").Set("provider", "openai").Set("base_url", service.BaseUrl);
}
