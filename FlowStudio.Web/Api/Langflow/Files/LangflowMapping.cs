using FlowStudio.Engine;
using static FlowStudio.Web.Api.Langflow.Files.FieldForm;

namespace FlowStudio.Web.Api.Langflow.Files;

/// <summary>
/// Which components of Langflow exist here, and how their fields and ports are called. Where a component has the same name and meaning in both, it is
/// that one. Everything else stays what it is, as a placeholder.
/// </summary>
static class LangflowMapping
{
    static readonly ComponentMapping[] All =
    [
        new("ChatInput", "ChatInput")
        {
            Fields = [new("input_value", Text), new("sender", Choice), new("sender_name", Text), new("should_store_message", Flag)],
        },
        new("ChatOutput", "ChatOutput")
        {
            Fields = [new("sender", Choice), new("sender_name", Text), new("should_store_message", Flag), new("data_template", Text)],
        },
        new("TextInput", "TextInput") { Fields = [new("input_value", Text)] },
        new("TextOutput", "TextOutput"),
        new("Webhook", "Webhook") { Fields = [new("data", Text)] },
        new("Prompt", "Prompt", "Prompt Template") { IsPrompt = true },
        new("Prompt", "CombineText")
        {
            Fields = [new("text1", Text), new("text2", Text)],
            Outputs = [("combined_text", "prompt")],
            More = CombinedText.Read,
            StillIs = CombinedText.StillIs,
        },
        new("DataToMessage", "ParseData") { Fields = [new("template", Text), new("sep", Text)] },
        new("DataToMessage", "ParseDataFrame") { Inputs = [("df", "data")], Fields = [new("template", Text), new("sep", Text)] },
        new("Combine", "TypeConverterComponent")
        {
            Inputs = [("input_data", "values")],
            Outputs = [("message_output", "text"), ("data_output", "data"), ("dataframe_output", "table")],
        },
        new("Parser", "ParserComponent", "parser")
        {
            Fields = [new("mode", Choice), new("pattern", Text, "pattern", "template"), new("sep", Text)],
        },
        new("LLM", ["LanguageModelComponent", .. ModelNames.ByComponent.Keys])
        {
            AsksModel = true,
            Fields = [new("input_value", Text), new("system_message", Text), new("stream", Flag), new("json_mode", Flag)],
        },
        new("Agent", "Agent")
        {
            AsksModel = true,
            Inputs = [("agent_llm", "model")],
            Fields =
            [
                new("input_value", Text), new("system_prompt", Text), new("max_iterations", Integer) { Min = 1, Max = 100 },
                new("n_messages", Integer) { Min = 0, Max = 200 },
            ],
        },
        new("Agent", "ToolCallingAgent", "OpenAIToolsAgent")
        {
            AsksModel = true,
            Inputs = [("llm", "model")],
            Fields = [new("input_value", Text), new("system_prompt", Text), new("max_iterations", Integer) { Min = 1, Max = 100 }],
        },
        new("StructuredOutput", "StructuredOutput", "StructuredOutputComponent")
        {
            AsksModel = true,
            Inputs = [("llm", "model")],
            Fields = [new("input_value", Text), new("system_prompt", Text), new("output_schema", FieldForm.Json), new("multiple", Flag)],
        },
        new("Memory", "Memory")
        {
            Fields =
            [
                new("mode", Choice), new("n_messages", Integer) { Min = 1, Max = 1000 }, new("order", Choice), new("sender_type", Choice),
                new("session_id", Text), new("template", Text), new("sender_name", Text),
            ],
            // Older files ask for everybody by the field that says who speaks.
            More = static node => LangflowNode.Text(node.Field("sender"), "value") is { } who && who is "User" or "Machine" ? [KeyValuePair.Create("sender", JsonText.Element(who))] : [],
        },
        new("Memory", "StoreMessage")
        {
            Fields = [new("sender_name", Text)],
            Outputs = [("stored_messages", "messages_text")],
            More = static node => LangflowNode.Text(node.Field("sender"), "value") is { } who && who is "User" or "Machine"
                ? [KeyValuePair.Create("mode", JsonText.Element("Store")), KeyValuePair.Create("sender", JsonText.Element(who))]
                : [KeyValuePair.Create("mode", JsonText.Element("Store"))],
            StillIs = static (_, settings) => settings.TryGetValue("mode", out var mode) && JsonText.Of(mode) == "Store",
        },
        new("ApiRequest", "APIRequest")
        {
            Inputs = [("urls", "url_input")],
            Fields =
            [
                new("url_input", Lines, "url_input", "urls"), new("curl_input", Text, "curl_input", "curl"), new("method", Choice), new("mode", Choice),
                new("headers", Pairs), new("timeout", Number) { Min = 0.1, Max = 3600 }, new("follow_redirects", Flag), new("save_to_file", Flag),
            ],
            More = RequestPart.Read,
        },
        new("Calculator", "CalculatorComponent", "CalculatorTool") { Fields = [new("expression", Text)] },
        new("URLComponent", "URLComponent", "URL")
        {
            Fields =
            [
                new("urls", Lines), new("format", Choice) { Words = [("Text", "text"), ("HTML", "html"), ("Markdown", "markdown"), ("Raw HTML", "html")] },
                new("max_depth", Integer) { Min = 1, Max = 3 }, new("prevent_outside", Flag), new("timeout", Number) { Min = 0.1, Max = 600 },
                new("continue_on_failure", Flag), new("headers", Pairs),
            ],
            Outputs = [("page_results", "page_results"), ("text", "raw_results"), ("dataframe", "page_results"), ("data", "page_results")],
        },
        new("TavilySearchComponent", "TavilySearchComponent", "TavilyAISearch")
        {
            Outputs = [("dataframe", "dataframe"), ("api_run_model", "dataframe")],
            Fields =
            [
                new("query", Text), new("api_key", Secret), new("search_depth", Choice), new("topic", Choice), new("time_range", Choice),
                new("max_results", Integer) { Min = 1, Max = 20 }, new("include_answer", Flag), new("include_domains", Text), new("exclude_domains", Text),
            ],
        },
        new("File", "File", "FileComponent")
        {
            Fields = [new("separator", Text)],
            Remark = ("its files are not in the flow's file.", "Upload them again in the node's settings."),
        },
        new("Loop", "LoopComponent"),
        new("IfElse", "ConditionalRouter")
        {
            Fields =
            [
                new("match_text", Text), new("operator", Choice), new("case_sensitive", Flag), new("true_case_message", Text), new("false_case_message", Text),
            ],
        },
        new("DateTime", "CurrentDate") { Fields = [new("timezone", Text)], Outputs = [("current_date", "text")] },
    ];

    static readonly Dictionary<string, ComponentMapping> ByTheirs =
        All.SelectMany(m => m.Theirs.Select(t => (t, m))).ToDictionary(p => p.t, p => p.m, StringComparer.Ordinal);

    static readonly Dictionary<string, ComponentMapping> ByOurs = All.DistinctBy(m => m.Ours, StringComparer.Ordinal).ToDictionary(m => m.Ours, StringComparer.Ordinal);

    /// <summary>The mapping of a type of Langflow; null when nothing here does its work.</summary>
    public static ComponentMapping? OfTheirs(string type) => ByTheirs.GetValueOrDefault(type);

    /// <summary>How a node here is written: as the one it was in a file, or as the first that means the same; null when Langflow has none.</summary>
    public static ComponentMapping? Find(string ours, string? theirs) => theirs is not null && OfTheirs(theirs) is { } known && known.Ours == ours ? known : ByOurs.GetValueOrDefault(ours);

    /// <summary>The mapping of a component here; one without has the same names in both.</summary>
    public static ComponentMapping OfOurs(string type) => ByOurs.GetValueOrDefault(type) ?? new ComponentMapping(type, type);
}
