using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Secrets;

namespace FlowStudio.Tests.Secrets;

/// <summary>Canaries, and flows that send them to upstreams which give them back in every way they can.</summary>
static class CanaryFlows
{
    public static readonly Canary Key = new("LLM_KEY", "sk-cnry-Zq81xVt7Wb3KpR9mLd52Hs");
    public static readonly Canary Header = new("HEADER_KEY", "cnry\"Gx4\\b/Jw7+Qn2&'Yf8<Tv5>%41Ue6=~Mz");
    public static readonly Canary Query = new("QUERY_KEY", "cnryqPo3 Ic9/Xe1?Ra7#Nk5&Bd0%Lw2");
    public static readonly Canary Digits = new("PIN", "730518264973015");
    public static readonly Canary FromEnvironment = new("ENV_KEY", "env-cnry-Ty6Bn1Xc8Vm3");

    public static readonly IReadOnlyList<Canary> All = [Key, Header, Query, Digits, FromEnvironment];

    static readonly string[] Completions = ["whole", "stream", "stream-error", "stream-cut", "garbage", "refusal", "text-500", "400", "401", "429", "503"];
    static readonly string[] Echoes = ["json", "text", "bytes", "redirect", "cut", "400", "401", "404", "500"];

    /// <summary>The environment that <see cref="FromEnvironment"/> comes from.</summary>
    public static EnvironmentVariables Environment => new(new Dictionary<string, string> { [EnvironmentVariables.Prefix + FromEnvironment.Name] = FromEnvironment.Value });

    /// <summary>What a caller posts who sends secrets along.</summary>
    public static string Payload(string token) => JsonSerializer.Serialize(new
    {
        text = $"I was sent {Key.Value} and {token}",
        pin = 730518264973015,
        list = All.SelectMany(c => c.Echoes),
        session_id = Key.Value,
    });

    /// <summary>All traces of canaries in what was seen.</summary>
    public static IEnumerable<string> Found(IEnumerable<(string Where, byte[] Bytes)> seen, IReadOnlyList<Canary> canaries) =>
        from place in seen
        from canary in canaries
        let found = canary.FindIn(place.Bytes)
        where found is not null
        select $"{place.Where}: {found}";

    /// <summary>Each with a name, to start with anything.</summary>
    public static IEnumerable<(string Name, FlowDocument Document)> Flows(string upstream)
    {
        foreach (var how in Completions)
        {
            var stream = how.StartsWith("stream", StringComparison.Ordinal);
            yield return ($"llm-{how}", new FlowBuilder().Node("in", "Webhook").Node("text", "DataToMessage", new { template = "Say {text}" })
                .Node("llm", "LLM", new { provider = "openai", model_name = how, api_key = Key.Name, base_url = upstream + "/v1", stream })
                .Node("out", "ChatOutput")
                .Edge("in.output_data", "text.data").Edge("text.text", "llm.input_value").Edge("llm.text_output", "out.input_value").Build());
        }
        foreach (var how in Completions)
        {
            var stream = how.StartsWith("stream", StringComparison.Ordinal);
            yield return ($"anthropic-{how}", new FlowBuilder().Node("in", "Webhook").Node("text", "DataToMessage", new { template = "Say {text}" })
                .Node("llm", "LLM", new { provider = "anthropic", model_name = how, api_key = Key.Name, base_url = upstream, stream })
                .Node("out", "ChatOutput")
                .Edge("in.output_data", "text.data").Edge("text.text", "llm.input_value").Edge("llm.text_output", "out.input_value").Build());
        }
        foreach (var how in (string[])["tool", "whole", "stream", "401"])
        {
            yield return ($"agent-{how}", new FlowBuilder().Node("in", "Webhook").Node("text", "DataToMessage", new { template = "Say {text}" })
                .Node("model", "LLM", new { provider = "openai", model_name = how, api_key = Key.Name, base_url = upstream + "/v1" })
                .Node("agent", "Agent", new { max_iterations = 2 })
                .Node("tool", "ApiRequest", new
                {
                    method = "POST",
                    url_input = upstream + "/echo/json",
                    headers = new object[] { new { key = "Authorization", value = new { variable = Header.Name, format = "Bearer {value}" } } },
                })
                .Node("out", "ChatOutput").Edge("model.model_output", "agent.model").Edge("tool.component_as_tool", "agent.tools")
                .Edge("in.output_data", "text.data").Edge("text.text", "agent.input_value").Edge("agent.response", "out.input_value").Build());
        }
        foreach (var how in Echoes)
        {
            yield return ($"api-{how}", Api(upstream + "/echo/" + how, "fail"));
            yield return ($"api-data-{how}", Api(upstream + "/echo/" + how, "data"));
        }
        foreach (var how in (string[])["whole", "400", "401", "429"])
        {
            yield return ($"search-{how}", new FlowBuilder().Node("in", "Webhook").Node("text", "DataToMessage", new { template = "{list[0]}" })
                .Node("search", "TavilySearchComponent", new { query = "what", api_key = Key.Name, base_url = $"{upstream}/tavily/{how}" }).Node("out", "ChatOutput")
                .Edge("search.text", "out.input_value").Edge("in.output_data", "text.data").Edge("text.text", "search.query").Build());
        }
        foreach (var how in (string[])["json", "text", "bytes", "404"])
        {
            yield return ($"pages-{how}", new FlowBuilder().Node("in", "Webhook").Node("text", "DataToMessage", new { template = $"{upstream}/echo/{how}?key={{list[0]}}" })
                .Node("url", "URLComponent", new { headers = new object[] { new { key = "Authorization", value = new { variable = Header.Name } } } }).Node("out", "ChatOutput")
                .Edge("in.output_data", "text.data").Edge("text.text", "url.urls").Edge("url.raw_results", "out.input_value").Build());
            yield return ($"saved-{how}", new FlowBuilder().Node("in", "Webhook")
                .Node("api", "ApiRequest", new
                {
                    mode = "cURL",
                    curl_input = $"curl -X POST '{upstream}/echo/{how}' -H \"Authorization: Bearer ${Header.Name}\" -u user:${Key.Name} -d pin=${Digits.Name}",
                    save_to_file = true,
                })
                .Node("file", "File").Node("out", "ChatOutput")
                .Edge("in.output_data", "api.body").Edge("api.data", "file.file_path").Edge("file.message", "out.input_value").Build());
        }
        yield return ("bin", Api("/bin/canary/path", "fail"));
        yield return ("prompt", new FlowBuilder().Node("in", "Webhook").Node("text", "DataToMessage", new { template = "{text}" })
            .Node("prompt", "Prompt", new { template = "Use {given} and {kept}", kept = new { variable = Header.Name } })
            .Node("demo", "LLM", new { provider = "demo", system_message = new { variable = FromEnvironment.Name } }).Node("out", "ChatOutput")
            .Edge("in.output_data", "text.data").Edge("text.text", "prompt.given").Edge("prompt.prompt", "demo.input_value")
            .Edge("demo.text_output", "out.input_value").Build());
        yield return ("settings", new FlowBuilder().Node("in", "Webhook")
            .Node("api", "ApiRequest", new { method = new { variable = Key.Name }, url_input = new { variable = Query.Name } })
            .Node("out", "ChatOutput").Edge("in.output_data", "api.body").Edge("api.data", "out.input_value").Build());
    }

    static FlowDocument Api(string url, string onError) => new FlowBuilder().Node("in", "Webhook")
        .Node("api", "ApiRequest", new
        {
            method = "POST",
            url_input = url,
            on_error = onError,
            follow_redirects = true,
            headers = new object[]
            {
                new { key = "Authorization", value = new { variable = Header.Name, format = "Bearer {value}" } },
                new { key = "X-Plain", value = new { variable = FromEnvironment.Name } },
                new { key = "X-Pin", value = new { variable = Digits.Name } },
            },
            query_params = new object[] { new { key = "q", value = new { variable = Query.Name } } },
        })
        .Node("out", "ChatOutput").Edge("in.output_data", "api.body").Edge("api.data", "out.input_value").Build();
}
