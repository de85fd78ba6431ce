using System.Collections.Frozen;
using System.Globalization;

namespace FlowStudio.Engine.Schedules;

/// <summary>
/// A cron expression, read: five fields as Unix has them (Sunday is 0 or 7), or six or seven as Quartz has them (seconds first, Sunday is 1), or a name such as
/// <c>@daily</c>. Says where it is wrong; when it fires is <see cref="CronClock"/>'s, and what it means <see cref="CronWords"/>'.
/// </summary>
public sealed class CronText
{
    /// <summary>No expression that means something is longer.</summary>
    public const int MaxLength = 255;

    static readonly CronField[] UnixFields = [CronField.Minute, CronField.Hour, CronField.DayOfMonth, CronField.Month, CronField.DayOfWeek];
    static readonly CronField[] QuartzFields = [CronField.Second, CronField.Minute, CronField.Hour, CronField.DayOfMonth, CronField.Month, CronField.DayOfWeek, CronField.Year];

    static readonly FrozenDictionary<string, string> Macros = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["@yearly"] = "0 0 1 1 *",
        ["@annually"] = "0 0 1 1 *",
        ["@monthly"] = "0 0 1 * *",
        ["@weekly"] = "0 0 * * 0",
        ["@daily"] = "0 0 * * *",
        ["@midnight"] = "0 0 * * *",
        ["@hourly"] = "0 * * * *",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    readonly CronPart[] parts;

    CronText(string text, bool isUnix, CronPart[] parts)
    {
        Text = text;
        IsUnix = isUnix;
        this.parts = parts;
    }

    /// <summary>As it was given, without space around it.</summary>
    public string Text { get; }

    /// <summary>Five fields, or a name; not seconds first.</summary>
    public bool IsUnix { get; }

    /// <summary>The field; one that is not written fires at second 0, in any year.</summary>
    public CronPart this[CronField field] => parts[(int)field];

    /// <summary>The same in Quartz's form, with nothing in it that reads differently in the two.</summary>
    public string QuartzForm
    {
        get
        {
            var weekdays = this[CronField.DayOfWeek];
            var day = this[CronField.DayOfMonth];
            var dayText = day.IsAny ? "*" : day.Text;
            var weekText = weekdays.IsAny ? "?" : string.Join(',', weekdays.Items.Where(i => i.Form is CronForm.Nth or CronForm.LastOf).Select(Relative).Concat(weekdays.Values.Select(v => WeekdayNames[v])));
            var month = this[CronField.Month];
            var monthText = month.IsAny ? "*" : string.Join(',', month.Values);
            var year = this[CronField.Year];
            return $"{Plain(CronField.Second)} {Plain(CronField.Minute)} {Plain(CronField.Hour)} {dayText} {monthText} {weekText}{(year.IsAny ? "" : " " + year.Text)}";
        }
    }

    internal static readonly string[] WeekdayNames = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
    static readonly string[] MonthNames = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

    /// <exception cref="CronException">It is none.</exception>
    public static CronText Parse(string expression)
    {
        var text = expression.Trim();
        if (text.Length == 0)
            throw new CronException("The expression is empty. Give five fields, such as 0 9 * * 1-5.");
        if (text.Length > MaxLength)
            throw new CronException(string.Create(CultureInfo.InvariantCulture, $"The expression has {text.Length} characters; {MaxLength} are the most."));
        if (text[0] == '@')
        {
            return Macros.TryGetValue(text, out var meant)
                ? new(text, isUnix: true, Parse(meant).parts)
                : throw new CronException($"{text} is not known. Known are {string.Join(", ", Macros.Keys.Order(StringComparer.Ordinal))}.");
        }
        // Positions are told as they stand in what was typed.
        var offset = expression.IndexOf(text, StringComparison.Ordinal);
        var words = Words(expression, offset);
        if (words.Count is < 5 or > 7)
        {
            throw new CronException(string.Create(CultureInfo.InvariantCulture,
                $"The expression has {words.Count} {(words.Count == 1 ? "field" : "fields")}. Give 5 (minute, hour, day of month, month, day of week), or 6 or 7 (with seconds first, and a year last)."));
        }
        var isUnix = words.Count == 5;
        var fields = isUnix ? UnixFields : QuartzFields;
        var read = new CronPart[7];
        read[(int)CronField.Second] = new(CronField.Second, "0", [new(CronForm.Value, 0, 0, 1)]);
        read[(int)CronField.Year] = new(CronField.Year, "*", [new(CronForm.Any, 0, 0, 1)]);
        for (var i = 0; i < words.Count; i++)
            read[(int)fields[i]] = new CronFieldReader(fields[i], isUnix, i + 1, words[i].Text, words[i].Position).Read();
        return new(text, isUnix, read);
    }

    /// <summary>The field as errors name it.</summary>
    public static string NameOf(CronField field) => field switch
    {
        CronField.DayOfMonth => "day of month",
        CronField.DayOfWeek => "day of week",
        _ => field.ToString().ToLowerInvariant(),
    };

    internal static int? NameValue(CronField field, ReadOnlySpan<char> word)
    {
        var names = field switch { CronField.Month => MonthNames, CronField.DayOfWeek => WeekdayNames, _ => [] };
        for (var i = 0; i < names.Length; i++)
        {
            if (word.Equals(names[i], StringComparison.OrdinalIgnoreCase))
                return field is CronField.Month ? i + 1 : i;
        }
        return null;
    }

    string Plain(CronField field) => this[field].Text;

    static string Relative(CronItem item) => item.Form is CronForm.Nth
        ? string.Create(CultureInfo.InvariantCulture, $"{WeekdayNames[item.From]}#{item.To}")
        : string.Create(CultureInfo.InvariantCulture, $"{item.From + 1}L");

    static List<(string Text, int Position)> Words(string expression, int from)
    {
        var words = new List<(string, int)>();
        var start = -1;
        for (var i = from; i <= expression.Length; i++)
        {
            var space = i == expression.Length || char.IsWhiteSpace(expression[i]);
            if (!space && start < 0)
                start = i;
            if (space && start >= 0)
            {
                words.Add((expression[start..i], start + 1));
                start = -1;
            }
        }
        return words;
    }
}
