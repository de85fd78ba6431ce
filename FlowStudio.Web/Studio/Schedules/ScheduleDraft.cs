using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Schedules;

namespace FlowStudio.Web.Studio.Schedules;

/// <summary>A schedule as it is being edited: what is wrong with it, what it means and when it fires. No Blazor in it.</summary>
public sealed class ScheduleDraft
{
    /// <summary>Longer inputs do not fit into the message that carries what is typed; the API takes them.</summary>
    public const int MaxInput = 16_000;

    readonly TimeProvider time;
    readonly Func<string, string?> refuse;
    readonly string storedInput;
    string inputText;
    string webhook;
    int checks;

    /// <param name="stored">What is edited; null makes a new one.</param>
    /// <param name="refuse">Why an address cannot be told of runs; null when it can.</param>
    public ScheduleDraft(Schedule? stored, Guid flowId, string zone, TimeProvider time, Func<string, string?> refuse)
    {
        this.time = time;
        this.refuse = refuse;
        webhook = stored?.CompletionWebhook is { } url ? CallbackUrl.Redact(url) : "";
        Stored = stored;
        FlowId = flowId;
        Name = stored?.Name ?? "";
        Zone = stored?.Zone ?? zone;
        Misfire = stored?.Misfire ?? MisfirePolicy.Once;
        Overlap = stored?.Overlap ?? OverlapPolicy.Skip;
        storedInput = inputText = stored is null ? "{}" : Pretty(stored.Input);
        if (stored is not null)
            Cron.Text = stored.Cron;
    }

    public Schedule? Stored { get; }

    public Guid FlowId { get; }

    public string Name { get; set; }

    public CronBuilder Cron { get; } = new();

    public string Zone { get; set; }

    public string InputText
    {
        get => inputText;
        set
        {
            inputText = value;
            InputProblem = InputProblemOf(value);
        }
    }

    /// <summary>Where the end of each run is told, as it is shown: without the values of its query.</summary>
    public string Webhook
    {
        get => webhook;
        set
        {
            webhook = value;
            WebhookProblem = value.Trim().Length == 0 ? null
                : WebhookUrl is not { } url ? $"It has {CallbackUrl.Hidden} where a value belongs that is not known for this server. Write the value."
                : refuse(url);
        }
    }

    public string? WebhookProblem { get; private set; }

    string? WebhookUrl => webhook.Trim() is { Length: > 0 } given ? CallbackUrl.Restore(given, Stored?.CompletionWebhook) : null;

    public MisfirePolicy Misfire { get; set; }

    public OverlapPolicy Overlap { get; set; }

    /// <summary>What is wrong with the expression, with its place; null when nothing is.</summary>
    public CronException? CronProblem { get; private set; }

    public string? ZoneProblem { get; private set; }

    public string? InputProblem { get; private set; }

    /// <summary>The input is longer than can be typed here; it stays as it is.</summary>
    public bool InputIsLarge => storedInput.Length > MaxInput;

    /// <summary>What the expression means; null while it is wrong.</summary>
    public string? Words { get; private set; }

    /// <summary>Its next ten times; empty while it is wrong.</summary>
    public IReadOnlyList<DateTimeOffset> Fires { get; private set; } = [];

    public bool IsNew => Stored is null;

    public bool IsSound => CronProblem is null && ZoneProblem is null && InputProblem is null && WebhookProblem is null;

    public bool IsChanged => Stored is null
        || (Name.Trim(), Cron.Text.Trim(), Zone, Misfire, Overlap) != (Stored.Name, Stored.Cron, Stored.Zone, Stored.Misfire, Stored.Overlap)
        || inputText != storedInput || WebhookUrl != Stored.CompletionWebhook;

    /// <summary>Looks at expression and zone again. A look that a newer one has overtaken tells nothing any more.</summary>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        (CronProblem, ZoneProblem) = (null, null);
        var mine = ++checks;
        try
        {
            var cron = CronText.Parse(Cron.Text);
            if (!CronClock.TryZone(Zone, out var zone))
            {
                ZoneProblem = $"'{Zone}' is no time zone that this server knows. Choose one from the list.";
                (Words, Fires) = (CronWords.Of(cron), []);
                return;
            }
            Words = CronWords.Of(cron, Zone);
            Fires = [];
            var fires = await CronClock.Of(cron, zone).PreviewAsync(time.GetUtcNow(), 10, time, cancellationToken);
            if (mine == checks)
                Fires = fires;
        }
        catch (CronException e)
        {
            if (mine != checks)
                return;
            CronProblem = e;
            if (e.Code != "cron_never_fires")
                Words = null;
            Fires = [];
        }
    }

    /// <summary>As it is to be stored; a nameless one is called what it does.</summary>
    public Schedule ToSchedule() => new()
    {
        Id = Stored?.Id ?? Guid.Empty,
        FlowId = FlowId,
        Name = string.IsNullOrWhiteSpace(Name) ? Words ?? "Schedule" : Name,
        Cron = Cron.Text,
        Zone = Zone,
        Input = inputText == storedInput && Stored is not null ? Stored.Input : JsonText.Parse(System.Text.Encoding.UTF8.GetBytes(inputText)),
        Misfire = Misfire,
        Overlap = Overlap,
        Paused = Stored?.Paused ?? false,
        EndAt = Stored?.EndAt,
        Target = Stored?.Target,
        CompletionWebhook = WebhookUrl,
    };

    static string? InputProblemOf(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return null;
        }
        catch (JsonException e)
        {
            var at = e is { LineNumber: { } line, BytePositionInLine: { } column } ? FormattableString.Invariant($" (line {line + 1}, position {column + 1})") : "";
            return text.Trim().Length == 0 ? "The input is empty. Write {} for an empty object." : $"This is no JSON{at}. Names and texts stand in double quotes; no comma comes last.";
        }
    }

    static string Pretty(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length is > 2 and <= MaxInput ? Indented(value) : text;
    }

    static string Indented(JsonElement value)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, JsonText.Relaxed with { Indented = true }))
            value.WriteTo(writer);
        return System.Text.Encoding.UTF8.GetString(buffer.ToArray());
    }
}
