namespace FlowStudio.Engine.Schedules;

/// <summary>The days of an expression, in words.</summary>
static class CronDayWords
{
    public const string EveryDay = "every day";

    static readonly string[] Weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

    static readonly string[] Months =
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

    static readonly string[] Places = ["first", "second", "third", "fourth", "fifth"];

    /// <summary>Begins with <c>every</c> or <c>on</c>.</summary>
    public static string Of(CronText cron)
    {
        var (day, weekday, year) = (cron[CronField.DayOfMonth], cron[CronField.DayOfWeek], cron[CronField.Year]);
        var months = MonthsOf(cron[CronField.Month]);
        var words = (day.IsAny, weekday.IsAny) switch
        {
            (true, true) => EveryDay + In(months),
            (false, true) => MonthDays(day, months),
            (true, false) => WeekDays(weekday, months),
            // Both are restricted: either will do.
            _ => $"{MonthDays(day, months)} and on {WeekDays(weekday, months)}".Replace("and on on ", "and on ", StringComparison.Ordinal),
        };
        return year.IsAny ? words : $"{words}, in {CronWords.List(Runs(year.Values, CronWords.Number))}";
    }

    static string? MonthsOf(CronPart months) => months.Values.Count == 12 ? null : CronWords.List(Runs(months.Values, static m => Months[m - 1]));

    static string In(string? months) => months is null ? "" : $" in {months}";

    static string OfMonth(string? months) => months is null ? " of each month" : $" of {months}";

    static string MonthDays(CronPart day, string? months)
    {
        var named = Runs([.. day.Items.Where(i => i.Form is CronForm.Value or CronForm.Range or CronForm.Step).SelectMany(_ => day.Values).Distinct().Order()], Ordinal);
        var relative = day.Items.Select(i => i.Form switch
        {
            CronForm.LastDay => i.From == 0 ? "last day" : i.From == 1 ? "day before the last" : $"day {CronWords.Number(i.From)} before the last",
            CronForm.LastWeekday => "last weekday",
            CronForm.NearestWeekday => $"weekday nearest the {Ordinal(i.From)}",
            _ => null,
        }).OfType<string>();
        return $"on the {CronWords.List([.. named, .. relative])}{OfMonth(months)}";
    }

    static string WeekDays(CronPart weekday, string? months)
    {
        if (!weekday.IsRelative)
            return $"every {Named(weekday.Values)}{In(months)}";
        var relative = weekday.Items.Select(i => i.Form switch
        {
            CronForm.Nth => $"the {Places[i.To - 1]} {Weekdays[i.From]}",
            CronForm.LastOf => $"the last {Weekdays[i.From]}",
            _ => null,
        }).OfType<string>();
        var plain = weekday.Values.Count > 0 ? [$"every {Named(weekday.Values)}"] : Array.Empty<string>();
        return $"on {CronWords.List([.. plain, .. relative])}{OfMonth(months)}";
    }

    /// <summary>Monday comes first, Sunday last.</summary>
    static string Named(IReadOnlyList<int> days) => days switch
    {
        [1, 2, 3, 4, 5] => "weekday",
        { Count: 7 } => "day of the week",
        _ => CronWords.List([.. days.OrderBy(d => (d + 6) % 7).Select(d => Weekdays[d])]),
    };

    /// <summary>Three and more in a row are told by their ends.</summary>
    static List<string> Runs(IReadOnlyList<int> values, Func<int, string> name)
    {
        var runs = new List<string>();
        for (var i = 0; i < values.Count;)
        {
            var end = i;
            while (end + 1 < values.Count && values[end + 1] == values[end] + 1)
                end++;
            if (end - i >= 2)
                runs.Add($"{name(values[i])} to {name(values[end])}");
            else
                runs.AddRange(values.Skip(i).Take(end - i + 1).Select(name));
            i = end + 1;
        }
        return runs;
    }

    static string Ordinal(int number) => CronWords.Number(number) + (number switch
    {
        1 or 21 or 31 => "st",
        2 or 22 => "nd",
        3 or 23 => "rd",
        _ => "th",
    });
}
