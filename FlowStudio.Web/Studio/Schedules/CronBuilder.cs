using System.Globalization;
using FlowStudio.Engine.Schedules;

namespace FlowStudio.Web.Studio.Schedules;

/// <summary>The shapes of expressions that can be put together without knowing how to write one.</summary>
public enum CronKind
{
    Minutes,
    Hours,
    Daily,
    Weekdays,
    Weekly,
    Monthly,

    /// <summary>Anything else: written by hand.</summary>
    Custom,
}

/// <summary>A cron expression and its parts, kept in step: whichever is changed, the other follows. No Blazor in it.</summary>
public sealed class CronBuilder
{
    /// <summary>Steps that come round evenly in an hour.</summary>
    public static readonly IReadOnlyList<int> MinuteSteps = [1, 2, 3, 5, 10, 15, 20, 30];

    /// <summary>Steps that come round evenly in a day.</summary>
    public static readonly IReadOnlyList<int> HourSteps = [1, 2, 3, 4, 6, 8, 12];

    string text = "0 9 * * *";

    public CronBuilder() => Read();

    public CronKind Kind { get; private set; } = CronKind.Daily;

    /// <summary>Every so many minutes.</summary>
    public int MinuteStep { get; private set; } = 15;

    /// <summary>Every so many hours, at <see cref="Minute"/>.</summary>
    public int HourStep { get; private set; } = 1;

    /// <summary>Minutes after the hour.</summary>
    public int Minute { get; private set; }

    /// <summary>The time of day.</summary>
    public TimeOnly Time { get; private set; } = new(9, 0);

    /// <summary>0 is Sunday; never empty.</summary>
    public IReadOnlyList<int> Days { get; private set; } = [1];

    /// <summary>Days of the month; never empty.</summary>
    public IReadOnlyList<int> MonthDays { get; private set; } = [1];

    /// <summary>The expression, as it is typed; it may be wrong.</summary>
    public string Text
    {
        get => text;
        set
        {
            text = value;
            Read();
        }
    }

    public void Choose(CronKind kind)
    {
        Kind = kind;
        Write();
    }

    public void Every(int minutes)
    {
        (Kind, MinuteStep) = (CronKind.Minutes, minutes);
        Write();
    }

    public void EveryHours(int hours, int minute)
    {
        (Kind, HourStep, Minute) = (CronKind.Hours, hours, Math.Clamp(minute, 0, 59));
        Write();
    }

    public void At(TimeOnly time)
    {
        Time = new(time.Hour, time.Minute);
        Write();
    }

    /// <summary>Adds the weekday, or takes it away unless it is the last.</summary>
    public void ToggleDay(int day)
    {
        Days = Toggled(Days, day);
        Write();
    }

    /// <summary>Adds the day of the month, or takes it away unless it is the last.</summary>
    public void ToggleMonthDay(int day)
    {
        MonthDays = Toggled(MonthDays, day);
        Write();
    }

    static IReadOnlyList<int> Toggled(IReadOnlyList<int> days, int day)
    {
        if (!days.Contains(day))
            return [.. days.Append(day).Order()];
        return days.Count > 1 ? [.. days.Where(d => d != day)] : days;
    }

    void Write()
    {
        var at = string.Create(CultureInfo.InvariantCulture, $"{Time.Minute} {Time.Hour}");
        text = Kind switch
        {
            CronKind.Minutes => MinuteStep == 1 ? "* * * * *" : string.Create(CultureInfo.InvariantCulture, $"*/{MinuteStep} * * * *"),
            CronKind.Hours => HourStep == 1 ? string.Create(CultureInfo.InvariantCulture, $"{Minute} * * * *") : string.Create(CultureInfo.InvariantCulture, $"{Minute} */{HourStep} * * *"),
            CronKind.Daily => $"{at} * * *",
            CronKind.Weekdays => $"{at} * * 1-5",
            CronKind.Weekly => $"{at} * * {string.Join(',', Days)}",
            CronKind.Monthly => $"{at} {string.Join(',', MonthDays)} * *",
            _ => text,
        };
    }

    /// <summary>Takes the parts out of the expression when it has one of the shapes; else it is custom, and the parts stay as they were.</summary>
    void Read()
    {
        Kind = CronKind.Custom;
        CronText cron;
        try
        {
            cron = CronText.Parse(text);
        }
        catch (CronException)
        {
            // Told where the expression is typed.
            return;
        }
        var (minute, hour, day, weekday) = (cron[CronField.Minute], cron[CronField.Hour], cron[CronField.DayOfMonth], cron[CronField.DayOfWeek]);
        if (cron[CronField.Second].Values is not [0] || !cron[CronField.Month].IsAny || !cron[CronField.Year].IsAny || day.IsRelative || weekday.IsRelative)
            return;
        var anyDay = day.IsAny && weekday.IsAny;
        if (anyDay && hour.IsAny && Step(minute, 60) is { } minutes && MinuteSteps.Contains(minutes))
            (Kind, MinuteStep) = (CronKind.Minutes, minutes);
        else if (minute.Values is not [var at])
            return;
        else if (anyDay && Step(hour, 24) is { } hours && HourSteps.Contains(hours))
            (Kind, HourStep, Minute) = (CronKind.Hours, hours, at);
        else if (hour.Values is [var of])
            ReadDays(new(of, at), day, weekday);
    }

    void ReadDays(TimeOnly time, CronPart day, CronPart weekday)
    {
        // Both restricted mean either of them, which has no shape here.
        if (!day.IsAny && !weekday.IsAny)
            return;
        Time = time;
        if (!day.IsAny)
            (Kind, MonthDays) = (CronKind.Monthly, day.Values);
        else if (weekday.IsAny)
            Kind = CronKind.Daily;
        else if (weekday.Values is [1, 2, 3, 4, 5])
            Kind = CronKind.Weekdays;
        else
            (Kind, Days) = (CronKind.Weekly, weekday.Values);
    }

    static int? Step(CronPart part, int size) => part.IsAny ? 1 : part.Items is [{ Form: CronForm.Step, From: 0, Step: var step, To: var to }] && to == size - 1 && size % step == 0 ? step : null;
}
