using System.Globalization;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Web.Studio.Editor.FlowSettings;

/// <summary>One setting of a flow as a form shows it: as text, whatever it is.</summary>
/// <param name="Field">Its name where <see cref="FlowRules"/> finds fault.</param>
/// <param name="Read">Its value as text; empty for none.</param>
/// <param name="Write">The flow with another value. Throws <see cref="FormatException"/> when the text is none.</param>
public sealed record FlowSetting(string Field, Func<Flow, string> Read, Func<Flow, string, Flow> Write)
{
    public static FlowSetting Name { get; } = new("name", static f => f.Name, static (f, text) => f with { Name = text.Trim() });

    public static FlowSetting Description { get; } = new("description", static f => f.Description, static (f, text) => f with { Description = text.Trim() });

    public static FlowSetting EndpointName { get; } =
        new("endpoint_name", static f => f.EndpointName ?? "", static (f, text) => f with { EndpointName = text.Trim() is { Length: > 0 } name ? name : null });

    /// <summary>Separated by commas; each once.</summary>
    public static FlowSetting Tags { get; } = new("tags", static f => string.Join(", ", f.Tags), static (f, text) => f with
    {
        Tags = [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct(StringComparer.OrdinalIgnoreCase)],
    });

    public static FlowSetting Enabled { get; } = new("enabled", static f => f.Enabled ? "on" : "off", static (f, text) => f with { Enabled = text == "on" });

    public static FlowSetting Access { get; } = new("access", static f => f.WebhookAccess.ToString(), static (f, text) => f with
    {
        WebhookAccess = Enum.TryParse<WebhookAccess>(text, out var access) ? access : throw new FormatException($"'{text}' is no way to grant access."),
    });

    public static FlowSetting RunTimeout { get; } =
        Limit("run_timeout", static l => Text(l.RunTimeout), static (l, text) => l with { RunTimeout = Number(text, "seconds") });

    public static FlowSetting MaxConcurrentRuns { get; } =
        Limit("max_concurrent_runs", static l => Text(l.MaxConcurrentRuns), static (l, text) => l with { MaxConcurrentRuns = Whole(text, "runs") });

    public static FlowSetting Retries { get; } =
        Limit("retries", static l => Text(l.Retries), static (l, text) => l with { Retries = Whole(text, "repeats") });

    public static FlowSetting KeepDays { get; } =
        Limit("keep_days", static l => Text(l.KeepDays), static (l, text) => l with { KeepDays = Number(text, "days") });

    public static FlowSetting KeepRuns { get; } =
        Limit("keep_runs", static l => Text(l.KeepRuns), static (l, text) => l with { KeepRuns = Whole(text, "runs") });

    /// <summary>Shown without the values of its query, which stay as they are when it is saved so.</summary>
    /// <param name="refuse">Why an address cannot be told of runs; null when it can.</param>
    public static FlowSetting CompletionWebhook(Func<string, string?> refuse) => new(
        "completion_webhook",
        static f => f.CompletionWebhook is { } url ? CallbackUrl.Redact(url) : "",
        (f, text) =>
        {
            if (text.Trim() is not { Length: > 0 } given)
                return f with { CompletionWebhook = null };
            var url = CallbackUrl.Restore(given, f.CompletionWebhook)
                ?? throw new FormatException($"It has {CallbackUrl.Hidden} where a value belongs that is not known for this server. Write the value.");
            return refuse(url) is { } refusal ? throw new FormatException(refusal) : f with { CompletionWebhook = url };
        });

    static FlowSetting Limit(string name, Func<FlowLimits, string> read, Func<FlowLimits, string, FlowLimits> write) =>
        new($"limits.{name}", f => read(f.Limits), (f, text) => f with { Limits = write(f.Limits, text) });

    static string Text(double? value) => value?.ToString("0.####", CultureInfo.InvariantCulture) ?? "";

    static string Text(int? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";

    static double? Number(string text, string of)
    {
        if (string.IsNullOrWhiteSpace(text))
            return null;
        return double.TryParse(text.Trim(), NumberStyles.AllowDecimalPoint | NumberStyles.AllowThousands | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
            out var value) && double.IsFinite(value) ? value : throw new FormatException($"'{text.Trim()}' is no number of {of}. Write digits, with a point for decimals.");
    }

    static int? Whole(string text, string of)
    {
        if (string.IsNullOrWhiteSpace(text))
            return null;
        return int.TryParse(text.Trim(), NumberStyles.AllowThousands | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value : throw new FormatException($"'{text.Trim()}' is no number of {of}. Write a whole number.");
    }
}
