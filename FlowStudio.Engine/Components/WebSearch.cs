using System.Globalization;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Egress;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Secrets;

namespace FlowStudio.Engine.Components;

/// <summary>Searches the web by Tavily, whose answers are made for models. Its errors: https://docs.tavily.com/documentation/api-reference/endpoint/search.</summary>
public sealed class WebSearch(GuardedHttp http, SecretRedactor redactor, TimeProvider time) : IComponent
{
    const string DefaultBaseUrl = "https://api.tavily.com";
    const string KeyVariable = "TAVILY_API_KEY";
    const string AnyTime = "any";

    /// <summary>As Tavily takes it at most.</summary>
    const int MaxQuery = 400;

    static readonly InputPort QueryInput = new("query", PortType.Message) { Required = true, ToolParameter = true, Help = "What to look for; goes before the setting." };

    static readonly TextField Query = Field.Text("query", "What to look for, in words, 400 characters at most.");

    static readonly TextField ApiKey = Field.Secret("api_key",
        "The name of the variable with the key of Tavily. Empty: TAVILY_API_KEY, for Tavily itself; another base URL gets none.") with
    {
        Title = "API key",
        Placeholder = KeyVariable,
    };

    static readonly TextField Depth = Field.Choice("search_depth", "basic: quick, one credit. advanced: better picked pieces of the pages, two credits.", "basic", "advanced") with
    {
        Title = "Depth",
        Advanced = true,
    };

    static readonly TextField Topic = Field.Choice("topic", "general: all the web. news: what the media report. finance: markets and companies.", "general", "news", "finance") with
    {
        Advanced = true,
    };

    static readonly TextField TimeRange = Field.Choice("time_range", "How old a page may be.", AnyTime, "day", "week", "month", "year") with { Advanced = true };

    static readonly NumberField MaxResults = Field.Integer("max_results", "How many pages to give.").Default(5).Between(1, 20) with { Title = "Results" };

    static readonly SwitchField IncludeAnswer = Field.Switch("include_answer", "Let Tavily write a short answer from what it found.").Default(value: true) with
    {
        Title = "Short answer",
        Advanced = true,
    };

    static readonly TextField IncludeDomains = Field.Multiline("include_domains", "Only these domains, such as wikipedia.org; one per line or separated by commas.") with
    {
        Title = "Only domains",
        Advanced = true,
    };

    static readonly TextField ExcludeDomains = Field.Multiline("exclude_domains", "Never these domains; one per line or separated by commas.") with
    {
        Title = "Without domains",
        Advanced = true,
    };

    static readonly TextField BaseUrl = Field.Text("base_url", "The address of the service.").Default(DefaultBaseUrl) with { Title = "Base URL", Advanced = true };

    static readonly NumberField Timeout = Field.Number("timeout", "How long to wait for the answer.").Default(60).Between(0.1, 600) with { Unit = "s", Advanced = true };

    static readonly OutputPort Results = new("dataframe", PortType.Table) { Title = "Results", Help = "One row per page: title, url, content, score." };
    static readonly OutputPort Text = new("text", PortType.Message) { Title = "Text", Help = "The short answer and the results as text." };
    static readonly OutputPort Data = new("data", PortType.Data) { Title = "Answer", Help = "The answer of Tavily as it came: query, answer, results." };

    public static ComponentDescriptor Descriptor { get; } =
        new("TavilySearchComponent", "Web Search", Category.Data, Effects.External, "Searches the web with Tavily, and passes on what was found.")
        {
            Inputs = [QueryInput],
            Fields = [Query, ApiKey, MaxResults, Topic, TimeRange, Depth, IncludeAnswer, IncludeDomains, ExcludeDomains, BaseUrl, Timeout],
            Outputs = [Results, Text, Data],
            Highlights = ["query"],
        };

    public async ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken)
    {
        var request = Request(node);
        GuardedResponse response;
        try
        {
            response = await http.SendAsync(request, cancellationToken);
        }
        catch (EgressException e)
        {
            throw new NodeException(EgressCodes.Of(e.Kind), $"{node.Node.Label}: the search failed. {e.Message}", retryable: e.IsTransient, inner: e);
        }
        if (!response.IsSuccess)
            throw Failed(node, response);
        if (!JsonCheck.TryParse(response.Body.Span, out var answer, out var problem) || answer.ValueKind is not JsonValueKind.Object
            || !answer.TryGetProperty("results", out var results) || results.ValueKind is not JsonValueKind.Array)
        {
            throw new NodeException("unreadable_answer", $"{node.Node.Label}: the search service answered with something that is no list of results{(problem.Length > 0 ? $" ({problem})" : "")}.",
                "Check the base URL.");
        }
        node.Log(string.Create(CultureInfo.InvariantCulture, $"{results.GetArrayLength()} results."));
        return NodeResult.Of([new(Results.Name, results), new(Text.Name, JsonText.Element(InWords(answer, results))), new(Data.Name, answer)]);
    }

    static GuardedRequest Request(NodeContext node)
    {
        var url = node.Get(BaseUrl).Trim().TrimEnd('/');
        var body = (Depth: node.Get(Depth), Topic: node.Get(Topic), Range: node.Get(TimeRange), Max: (int)node.Get(MaxResults), Answer: node.Get(IncludeAnswer),
            Include: Domains(node.Get(IncludeDomains)), Exclude: Domains(node.Get(ExcludeDomains)), Query: "");
        var timeout = TimeSpan.FromSeconds(node.Get(Timeout));
        body.Query = node.Text(QueryInput, Query).Trim();
        if (body.Query.Length == 0)
            throw new NodeException("missing_query", $"{node.Node.Label}: there is nothing to look for.", "Connect the query, or write it into the settings.");
        if (body.Query.Length > MaxQuery)
        {
            throw new NodeException("query_too_long", string.Create(CultureInfo.InvariantCulture, $"{node.Node.Label}: the query has {body.Query.Length} characters; {MaxQuery} are the most."),
                "Let a model shorten it first, or search for its parts.");
        }
        var key = Key(node, url);
        return new GuardedRequest("POST", url + "/search")
        {
            Headers = key is null ? [] : [new("Authorization", "Bearer " + key)],
            Body = JsonText.Utf8(JsonText.Element(body, static (writer, search) =>
            {
                writer.WriteStartObject();
                writer.WriteString("query"u8, search.Query);
                writer.WriteString("search_depth"u8, search.Depth);
                writer.WriteString("topic"u8, search.Topic);
                if (search.Range != AnyTime)
                    writer.WriteString("time_range"u8, search.Range);
                writer.WriteNumber("max_results"u8, search.Max);
                writer.WriteBoolean("include_answer"u8, search.Answer);
                Write(writer, "include_domains", search.Include);
                Write(writer, "exclude_domains", search.Exclude);
                writer.WriteEndObject();
            })).ToArray(),
            ContentType = "application/json",
            Timeout = timeout,
        };
    }

    /// <summary>The default variable is Tavily's key: only Tavily gets it.</summary>
    static string? Key(NodeContext node, string url)
    {
        if (node.Secret(ApiKey) is { } named)
            return named;
        if (url != DefaultBaseUrl)
            return null;
        return node.FindVariable(KeyVariable) ?? throw new NodeException("missing_variable", $"{node.Node.Label}: there is no key for Tavily.",
            $"Get one at https://app.tavily.com and keep it as the variable {KeyVariable}, or in the environment of the server.");
    }

    static string[] Domains(string text) => text.Split(['\n', '\r', ',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    static void Write(Utf8JsonWriter writer, string name, string[] domains)
    {
        if (domains.Length == 0)
            return;
        writer.WriteStartArray(name);
        foreach (var domain in domains)
            writer.WriteStringValue(domain);
        writer.WriteEndArray();
    }

    static string InWords(JsonElement answer, JsonElement results)
    {
        var text = new StringBuilder();
        if (Member(answer, "answer") is { Length: > 0 } said)
            text.Append(said).Append("\n\n");
        foreach (var result in results.EnumerateArray())
            text.Append(Member(result, "title")).Append('\n').Append(Member(result, "url")).Append('\n').Append(Member(result, "content")).Append("\n\n");
        return text.ToString().TrimEnd();
    }

    static string Member(JsonElement element, string name) =>
        element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var value) ? JsonText.Of(value) : "";

    NodeException Failed(NodeContext node, GuardedResponse response)
    {
        var retryable = response.Status is 429 or >= 500;
        var said = Excerpt.Of(redactor.Redact(Said(response.Text())));
        var message = string.Create(CultureInfo.InvariantCulture, $"{node.Node.Label}: the search service answered {response.Status}{(said.Length > 0 ? ": " + said : ".")}");
        return new NodeException("http_status", message, Remedy(response.Status), retryable, retryable ? RetryAfter.Parse(response.Header("Retry-After"), time) : null);
    }

    /// <summary>Tavily's words are in <c>detail.error</c>; a gateway in between may say anything.</summary>
    static string Said(string body) => JsonCheck.TryParse(Encoding.UTF8.GetBytes(body), out var value, out _) && value.ValueKind is JsonValueKind.Object && value.TryGetProperty("detail", out var detail)
        ? detail.ValueKind is JsonValueKind.Object && detail.TryGetProperty("error", out var error) ? JsonText.Of(error) : JsonText.Of(detail)
        : body[..Math.Min(body.Length, 4096)];

    static string Remedy(int status) => status switch
    {
        400 => "Check the query and the domains.",
        401 or 403 => $"Check the key: the variable that API key names, or {KeyVariable}.",
        429 => "Too many searches in a short time. It is tried again; if that does not help, limit the flow's runs at a time.",
        432 => "The plan's credits are used up. Raise the plan at https://app.tavily.com, or wait for the next month.",
        433 => "The limit set for pay-as-you-go is reached. Raise it at https://app.tavily.com.",
        _ => "",
    };
}
