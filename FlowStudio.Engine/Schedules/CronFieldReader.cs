using System.Globalization;

namespace FlowStudio.Engine.Schedules;

/// <summary>Reads one field of an expression, strictly: what it does not know it refuses, at its place.</summary>
/// <param name="number">Of the field in the expression, from 1.</param>
/// <param name="position">Of the field's first character in the expression, from 1.</param>
sealed class CronFieldReader(CronField field, bool isUnix, int number, string text, int position)
{
    bool IsDay() => field is CronField.DayOfMonth or CronField.DayOfWeek;

    public CronPart Read()
    {
        var items = new List<CronItem>();
        var at = 0;
        foreach (var word in text.Split(','))
        {
            items.Add(Item(word, at));
            at += word.Length + 1;
        }
        if (items.Count > 1 && items.FindIndex(i => i.Form is CronForm.Any) is >= 0 and var any)
            throw Wrong(0, $"{text.Split(',')[any]} among others makes the others pointless; leave it alone, or out");
        return new(field, text.ToUpperInvariant(), items);
    }

    CronItem Item(string word, int at)
    {
        if (word.Length == 0)
            throw Wrong(at, "a value is missing beside the comma");
        if (word == "*")
            return new(CronForm.Any, 0, 0, 1);
        if (word == "?")
        {
            if (!IsDay())
                throw Wrong(at, "? is for days only; write *");
            return isUnix ? throw Wrong(at, "? is not known in the form with five fields; write *") : new(CronForm.Any, 0, 0, 1);
        }
        return Relative(word, at) ?? Plain(word, at);
    }

    CronItem Plain(string word, int at)
    {
        var slash = word.IndexOf('/', StringComparison.Ordinal);
        var range = slash < 0 ? word : word[..slash];
        var step = slash < 0 ? 1 : Step(word[(slash + 1)..], at + slash + 1);
        if (range == "*")
            return new(CronForm.Step, CronPart.Min(field), CronPart.Max(field), step);
        var dash = range.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0)
        {
            var value = Value(range, at, isLast: false);
            return slash < 0 ? new(CronForm.Value, value, value, 1) : new(CronForm.Step, value, Math.Max(value, CronPart.Max(field)), step);
        }
        var from = Value(range[..dash], at, isLast: false);
        var to = Value(range[(dash + 1)..], at + dash + 1, isLast: true);
        // Sunday ends a week as well as it begins one; elsewhere a range that runs backwards is a slip.
        if (to < from && field is not CronField.DayOfWeek)
            throw Wrong(at, $"the range {range} runs backwards; {Forwards(from, to)}");
        return new(slash < 0 ? CronForm.Range : CronForm.Step, from, to, step);
    }

    string Forwards(int from, int to)
    {
        var (min, max) = (CronPart.Min(field), CronPart.Max(field));
        return string.Create(CultureInfo.InvariantCulture, $"write {to}-{from}, or {Span(from, max)},{Span(min, to)} to go round");

        static string Span(int a, int b) => a == b ? a.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{a}-{b}");
    }

    int Step(string word, int at)
    {
        if (!int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var step))
            throw Wrong(at, word.Length == 0 ? "a number is missing after /" : $"'{Shown(word)}' is no number; a step is one");
        var most = field switch { CronField.DayOfMonth => 31, CronField.Month => 12, CronField.DayOfWeek => 7, CronField.Year => 100, _ => CronPart.Max(field) };
        if (step == 0)
            throw Wrong(at, "a step of 0 never comes to the next value; give 1 or more");
        return step <= most ? step : throw Wrong(at, string.Create(CultureInfo.InvariantCulture, $"a step of {step} is above {most}"));
    }

    /// <param name="isLast">The end of a range: there 7 may stand for Sunday after Saturday.</param>
    int Value(string word, int at, bool isLast)
    {
        if (word.Length == 0)
            throw Wrong(at, isLast ? "the range has no end" : "a value is missing");
        if (CronText.NameValue(field, word) is { } named)
            return named;
        if (!int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            throw Wrong(at, word.All(char.IsAsciiDigit) ? $"{Shown(word)} is too large" : $"'{Shown(word)}' is not known here; {Known()}");
        var (min, max) = field is CronField.DayOfWeek ? isUnix ? (0, 7) : (1, 7) : (CronPart.Min(field), CronPart.Max(field));
        if (value < min)
            throw Wrong(at, string.Create(CultureInfo.InvariantCulture, $"{value} is below {min}"));
        if (value > max)
            throw Wrong(at, string.Create(CultureInfo.InvariantCulture, $"{value} is above {max}"));
        return field is not CronField.DayOfWeek ? value : isUnix ? value % 7 : value - 1;
    }

    string Known() => field switch
    {
        CronField.Month => "give 1 to 12, or JAN to DEC",
        CronField.DayOfWeek => isUnix ? "give 0 to 7 (0 and 7 are Sunday), or SUN to SAT" : "give 1 to 7 (1 is Sunday), or SUN to SAT",
        _ => string.Create(CultureInfo.InvariantCulture, $"give {CronPart.Min(field)} to {CronPart.Max(field)}"),
    };

    /// <summary>The days that are another each month; null when it is none of them.</summary>
    CronItem? Relative(string word, int at)
    {
        var upper = word.ToUpperInvariant();
        var relative = field switch
        {
            CronField.DayOfMonth => upper[0] == 'L' || upper[^1] == 'W',
            CronField.DayOfWeek => upper == "L" || upper.Contains('#', StringComparison.Ordinal) || (upper[^1] == 'L' && upper.Length > 1),
            _ => false,
        };
        if (!relative)
            return null;
        if (isUnix)
            throw Wrong(at, $"{Shown(word)} is not known in the form with five fields; give seconds first (six fields) to use it");
        return field is CronField.DayOfMonth ? DayOfMonth(upper, at) : DayOfWeek(word, upper, at);
    }

    CronItem DayOfMonth(string upper, int at)
    {
        if (upper == "LW")
            return new(CronForm.LastWeekday, 0, 0, 1);
        if (upper == "L")
            return new(CronForm.LastDay, 0, 0, 1);
        if (upper.StartsWith("L-", StringComparison.Ordinal))
        {
            if (!int.TryParse(upper[2..], NumberStyles.None, CultureInfo.InvariantCulture, out var before))
                throw Wrong(at + 2, $"'{Shown(upper[2..])}' is no number of days before the last");
            return before <= 30 ? new(CronForm.LastDay, before, 0, 1) : throw Wrong(at + 2, string.Create(CultureInfo.InvariantCulture, $"{before} is above 30"));
        }
        if (upper[^1] == 'W')
            return new(CronForm.NearestWeekday, Value(upper[..^1], at, isLast: false), 0, 1);
        throw Wrong(at, $"'{Shown(upper)}' is not known here; give L, L-3, LW or 15W");
    }

    CronItem DayOfWeek(string word, string upper, int at)
    {
        // As in Quartz: alone it is Saturday, the last day of the week.
        if (upper == "L")
            return new(CronForm.Value, 6, 6, 1);
        var hash = upper.IndexOf('#', StringComparison.Ordinal);
        if (hash < 0)
            return new(CronForm.LastOf, Value(word[..^1], at, isLast: false), 0, 1);
        var day = Value(word[..hash], at, isLast: false);
        if (!int.TryParse(upper[(hash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var nth) || nth is < 1 or > 5)
            throw Wrong(at + hash + 1, $"'{Shown(upper[(hash + 1)..])}' says which one of the month; give 1 to 5");
        return new(CronForm.Nth, day, nth, 1);
    }

    static string Shown(string word) => word.Length > 20 ? word[..20] + "…" : word;

    CronException Wrong(int at, string reason) => new(reason, CronText.NameOf(field), number, position + at);
}
