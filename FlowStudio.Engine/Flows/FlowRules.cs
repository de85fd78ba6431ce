using System.Text.RegularExpressions;

namespace FlowStudio.Engine.Flows;

/// <summary>What a flow's name and settings may be; the document has its own validator.</summary>
public static partial class FlowRules
{
    public const int MaxNameLength = 200;
    public const int MaxDescriptionLength = 5000;
    public const int MaxTags = 32;
    public const int MaxTagLength = 64;
    public const int MaxWebhookLength = 2048;

    /// <summary>Words that share a place in URLs with endpoint names.</summary>
    public static IReadOnlySet<string> ReservedNames { get; } =
        new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "import", "export", "validate", "preview", "search", "count" };

    /// <summary>Everything wrong with name, description, endpoint name, tags and limits; empty when all is well.</summary>
    public static IReadOnlyList<FlowProblem> Check(Flow flow)
    {
        var problems = new List<FlowProblem>();
        void Add(string code, string field, string message, string advice) => problems.Add(new(code, ProblemSeverity.Error, NodeId: null, field, message, advice));

        if (string.IsNullOrWhiteSpace(flow.Name))
            Add("missing_name", "name", "The flow has no name.", "Give it one.");
        else if (flow.Name.Length > MaxNameLength)
            Add("name_too_long", "name", $"The name has {flow.Name.Length} characters.", $"Use {MaxNameLength} at most.");
        if (flow.Description.Length > MaxDescriptionLength)
            Add("description_too_long", "description", $"The description has {flow.Description.Length} characters.", $"Use {MaxDescriptionLength} at most.");
        if (CheckEndpointName(flow.EndpointName) is { } endpoint)
            problems.Add(endpoint);
        if (flow.Tags.Count > MaxTags)
            Add("too_many_tags", "tags", $"The flow has {flow.Tags.Count} tags.", $"Keep {MaxTags} at most.");
        foreach (var tag in flow.Tags.Where(t => string.IsNullOrWhiteSpace(t) || t.Length > MaxTagLength))
            Add("invalid_tag", "tags", string.IsNullOrWhiteSpace(tag) ? "A tag is empty." : $"The tag '{tag}' is too long.", $"Use 1 to {MaxTagLength} characters.");
        if (flow.CompletionWebhook?.Length > MaxWebhookLength)
            Add("completion_webhook_too_long", "completion_webhook", $"The completion webhook has {flow.CompletionWebhook.Length} characters.", $"Use {MaxWebhookLength} at most.");
        CheckLimits(flow.Limits, Add);
        return problems;
    }

    /// <summary>What is wrong with an endpoint name, or null; none at all is fine.</summary>
    public static FlowProblem? CheckEndpointName(string? name)
    {
        if (name is null)
            return null;
        if (!EndpointPattern().IsMatch(name))
            return Problem("invalid_endpoint_name", $"The endpoint name '{name}' cannot stand in a URL.", "Use 1 to 64 letters (a to z), digits, '-' and '_'; or leave it out.");
        if (ReservedNames.Contains(name))
            return Problem("reserved_endpoint_name", $"The endpoint name '{name}' is taken by the API itself.", $"Choose another than {string.Join(", ", ReservedNames.Order(StringComparer.Ordinal))}.");
        if (Guid.TryParse(name, out _))
            return Problem("endpoint_name_is_id", $"The endpoint name '{name}' looks like a flow's id.", "Choose a name that is no id.");
        return null;

        static FlowProblem Problem(string code, string message, string advice) => new(code, ProblemSeverity.Error, NodeId: null, "endpoint_name", message, advice);
    }

    static void CheckLimits(FlowLimits limits, Action<string, string, string, string> add)
    {
        if (limits.RunTimeout is { } timeout && timeout is not (>= 1 and <= 604_800))
            add("limit_out_of_range", "limits.run_timeout", FormattableString.Invariant($"The run timeout is {timeout} s."), "Give 1 to 604,800 seconds (a week), or none for the server's own.");
        if (limits.MaxConcurrentRuns is { } runs && runs is not (>= 1 and <= 10_000))
            add("limit_out_of_range", "limits.max_concurrent_runs", FormattableString.Invariant($"The limit of concurrent runs is {runs}."), "Give 1 to 10,000, or none for the server's own.");
        if (limits.Retries is { } retries && retries is not (>= 0 and <= 20))
            add("limit_out_of_range", "limits.retries", FormattableString.Invariant($"The number of retries is {retries}."), "Give 0 to 20, or none for the server's own.");
        if (limits.KeepDays is { } days && days is not (>= 0.01 and <= 36_500))
            add("limit_out_of_range", "limits.keep_days", FormattableString.Invariant($"Runs are to be kept {days} days."), "Give 0.01 to 36,500 days, or none for the server's own.");
        if (limits.KeepRuns is { } keep && keep is not (>= 1 and <= 1_000_000_000))
            add("limit_out_of_range", "limits.keep_runs", FormattableString.Invariant($"{keep} runs are to be kept."), "Give 1 to 1,000,000,000, or none to keep as many as the server does.");
    }

    [GeneratedRegex(@"\A[a-zA-Z0-9_-]{1,64}\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex EndpointPattern();
}
