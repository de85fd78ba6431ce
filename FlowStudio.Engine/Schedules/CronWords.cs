using System.Globalization;

namespace FlowStudio.Engine.Schedules;

/// <summary>
/// What an expression means, in words: <c>Every weekday at 09:00 in Europe/Berlin</c>. Shapes that people write have sentences of their own; anything else is told
/// field by field. Two expressions that fire at other times never have the same words.
/// </summary>
public static class CronWords
{
    /// <summary>More times a day than this are told as an interval, or by their fields.</summary>
    const int MostTimes = 6;

    /// <summary>The words, with the zone where it matters.</summary>
    public static string Of(CronText cron, string zone)
    {
        var words = Of(cron);
        if (!DependsOnZone(cron))
            return words;
        return words + (words.Contains(" in ", StringComparison.Ordinal) ? ", in " : " in ") + zone;
    }

    /// <summary>The words without a zone.</summary>
    public static string Of(CronText cron)
    {
        var day = CronDayWords.Of(cron);
        var everyDay = day == CronDayWords.EveryDay;
        if (Interval(cron) is { } interval)
            return Capital(everyDay ? interval : $"{interval}, {day}");
        if (Times(cron) is { } times)
            return Capital(day.StartsWith("every ", StringComparison.Ordinal) && !day.Contains(" and on ", StringComparison.Ordinal) ? $"{day} at {times}" : $"at {times} {day}");
        return Capital($"{Fields(cron)}, {day}");
    }

    /// <summary>A list as people say it: a, b and c.</summary>
    internal static string List(IReadOnlyList<string> words) => words.Count switch
    {
        0 => "",
        1 => words[0],
        _ => $"{string.Join(", ", words.Take(words.Count - 1))} and {words[^1]}",
    };

    internal static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    static bool DependsOnZone(CronText cron) =>
        !(cron[CronField.Hour].IsAny && cron[CronField.DayOfMonth].IsAny && cron[CronField.DayOfWeek].IsAny && cron[CronField.Month].IsAny && cron[CronField.Year].IsAny);

    /// <summary>Every so many seconds, minutes or hours, perhaps from one hour to another; null when it is none of these.</summary>
    static string? Interval(CronText cron)
    {
        var (second, minute, hour) = (cron[CronField.Second], cron[CronField.Minute], cron[CronField.Hour]);
        if (!IsZero(second))
            return minute.IsAny && hour.IsAny && Every(second) is { } seconds ? Unit(seconds, "second") : null;
        if (Every(minute) is { } minutes)
        {
            var unit = Unit(minutes, "minute");
            return hour.IsAny ? unit : Stretch(hour.Values) is { } span ? $"{unit} from {Clock(span.From, 0)} to {Clock(span.To, 60 - minutes)}" : null;
        }
        if (minute.Values is not [var at])
            return null;
        if (hour.IsAny)
            return at == 0 ? "every hour" : $"every hour at minute {Number(at)}";
        // A few hours are told as the times that they are.
        if (hour.Values.Count <= MostTimes)
            return null;
        if (hour.Items is [{ Form: CronForm.Step, From: 0, To: 23, Step: var step }] && 24 % step == 0)
            return at == 0 ? Unit(step, "hour") : $"{Unit(step, "hour")} at minute {Number(at)}";
        return Stretch(hour.Values) is { } hours ? $"every hour from {Clock(hours.From, at)} to {Clock(hours.To, at)}" : null;
    }

    /// <summary>How often a field of seconds or minutes fires, when that is even over the hour; null when it is not.</summary>
    static int? Every(CronPart part) => part.IsAny ? 1 : part.Items is [{ Form: CronForm.Step, From: 0, To: 59, Step: var step }] && 60 % step == 0 ? step : null;

    static string Unit(int count, string unit) => count == 1 ? $"every {unit}" : $"every {Number(count)} {unit}s";

    static bool IsZero(CronPart part) => part.Values is [0];

    /// <summary>The times of day, when they are few.</summary>
    static string? Times(CronText cron)
    {
        var (seconds, minutes, hours) = (cron[CronField.Second].Values, cron[CronField.Minute].Values, cron[CronField.Hour].Values);
        if (seconds.Count * minutes.Count * hours.Count > MostTimes)
            return null;
        return List([.. from hour in hours from minute in minutes from second in seconds select second == 0 ? Clock(hour, minute) : $"{Clock(hour, minute)}:{second:00}"]);
    }

    static string Fields(CronText cron)
    {
        var fields = new List<string>();
        if (!IsZero(cron[CronField.Second]))
            fields.Add(Field(cron[CronField.Second], "second"));
        fields.Add(Field(cron[CronField.Minute], "minute"));
        fields.Add(Field(cron[CronField.Hour], "hour"));
        return "at " + string.Join(", ", fields);
    }

    static string Field(CronPart part, string unit)
    {
        if (part.IsAny)
            return $"every {unit}";
        var items = List([.. part.Items.Select(Item)]);
        return part.Items is [{ Form: CronForm.Value }] ? $"{unit} {items}" : $"{unit}s {items}";
    }

    static string Item(CronItem item) => item.Form switch
    {
        CronForm.Range => $"{Number(item.From)} to {Number(item.To)}",
        CronForm.Step => $"{Number(item.From)} to {Number(item.To)} in steps of {Number(item.Step)}",
        _ => Number(item.From),
    };

    /// <summary>Hours without a gap; one alone is one too.</summary>
    static (int From, int To)? Stretch(IReadOnlyList<int> values) => values.Count > 0 && values[^1] - values[0] == values.Count - 1 ? (values[0], values[^1]) : null;

    static string Clock(int hour, int minute) => string.Create(CultureInfo.InvariantCulture, $"{hour:00}:{minute:00}");

    static string Capital(string words) => char.ToUpperInvariant(words[0]) + words[1..];
}
