using FlowStudio.Engine.Schedules;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace FlowStudio.Web.Studio.Schedules;

/// <summary>A field for an IANA time zone, with the ones this server knows to choose from.</summary>
public sealed partial class ZonePicker
{
    const int Most = 50;

    static readonly Lazy<IReadOnlyList<string>> Zones = new(static () =>
        [.. TimeZoneInfo.GetSystemTimeZones().Where(z => z.HasIanaId && z.Id.Contains('/', StringComparison.Ordinal)).Select(z => z.Id).Append("UTC").Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]);

    static int made;

    readonly string listId = $"zones-{Interlocked.Increment(ref made)}";
    IReadOnlyList<string> shown = [];
    string? typed;
    bool open;
    int at;

    [Parameter, EditorRequired] public required string Value { get; set; }

    [Parameter, EditorRequired] public required string Id { get; set; }

    /// <summary>The browser's own zone, which comes first.</summary>
    [Parameter] public string? Here { get; set; }

    [Parameter] public bool Invalid { get; set; }

    [Parameter] public string? DescribedBy { get; set; }

    [Parameter] public EventCallback<string> ValueChanged { get; set; }

    [Inject] internal TimeProvider Time { get; init; } = null!; // set by the framework before anything runs

    /// <summary>Zones whose name has every typed word, the browser's own and UTC first.</summary>
    public static IReadOnlyList<string> Search(string typed, string? here)
    {
        var words = typed.Split([' ', '_', '/'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return [.. Zones.Value.Where(z => words.All(w => z.Replace('_', ' ').Contains(w, StringComparison.OrdinalIgnoreCase)))
            .OrderBy(z => z == here ? 0 : z == "UTC" ? 1 : 2).Take(Most)];
    }

    /// <summary>What stands in the field: the zone, until something else is typed.</summary>
    string Shown => typed ?? Value;

    void Open()
    {
        if (open)
            return;
        (open, at) = (true, 0);
        shown = Search(typed ?? "", Here);
    }

    void Leave() => (open, typed) = (false, null);

    void Type(string? text)
    {
        (open, typed, at) = (true, text ?? "", 0);
        shown = Search(text ?? "", Here);
    }

    Task PressAsync(KeyboardEventArgs e)
    {
        switch (e.Key)
        {
            case "ArrowDown" when !open:
                Open();
                return Task.CompletedTask;
            case "ArrowDown":
                at = Math.Min(at + 1, Math.Max(0, shown.Count - 1));
                return Task.CompletedTask;
            case "ArrowUp":
                at = Math.Max(at - 1, 0);
                return Task.CompletedTask;
            case "Escape":
                Leave();
                return Task.CompletedTask;
            case "Enter" when open && shown.Count > 0:
                return TakeAsync(shown[at]);
            default:
                return Task.CompletedTask;
        }
    }

    async Task TakeAsync(string zone)
    {
        Leave();
        await ValueChanged.InvokeAsync(zone);
    }

    string OffsetOf(string zone) => CronClock.TryZone(zone, out var found) ? ScheduleWords.Offset(Time.GetUtcNow(), found) : "";
}
