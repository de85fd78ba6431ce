namespace FlowStudio.Engine.Schedules;

/// <summary>What a field of an expression is about.</summary>
public enum CronField
{
    Second,
    Minute,
    Hour,
    DayOfMonth,
    Month,
    DayOfWeek,
    Year,
}

/// <summary>What one item of a field's list says.</summary>
public enum CronForm
{
    /// <summary><c>*</c> or <c>?</c>: no restriction.</summary>
    Any,

    /// <summary>One value.</summary>
    Value,

    /// <summary><c>a-b</c>.</summary>
    Range,

    /// <summary><c>*/n</c>, <c>a/n</c> or <c>a-b/n</c>.</summary>
    Step,

    /// <summary><c>L</c> or <c>L-n</c>: the last day of the month, or n days before it.</summary>
    LastDay,

    /// <summary><c>LW</c>: the last Monday to Friday of the month.</summary>
    LastWeekday,

    /// <summary><c>nW</c>: the Monday to Friday nearest to that day of the month.</summary>
    NearestWeekday,

    /// <summary><c>d#n</c>: the nth of that weekday in the month.</summary>
    Nth,

    /// <summary><c>dL</c>: the last of that weekday in the month.</summary>
    LastOf,
}

/// <summary>One item of a field's list. Weekdays count from Sunday, 0.</summary>
/// <param name="From">The value, or the range's first; of <see cref="CronForm.LastDay"/> the days before the last.</param>
/// <param name="To">The range's last; of <see cref="CronForm.Nth"/> which one.</param>
/// <param name="Step">1 without one.</param>
public readonly record struct CronItem(CronForm Form, int From, int To, int Step);

/// <summary>One field of an expression, read.</summary>
public sealed record CronPart(CronField Field, string Text, IReadOnlyList<CronItem> Items)
{
    /// <summary>It restricts nothing.</summary>
    public bool IsAny => Items is [{ Form: CronForm.Any }];

    /// <summary>It has items that mean another day each month.</summary>
    public bool IsRelative => Items.Any(i => i.Form is CronForm.LastDay or CronForm.LastWeekday or CronForm.NearestWeekday or CronForm.Nth or CronForm.LastOf);

    /// <summary>Every value it names, in order, without relative ones; all of the field's when it restricts nothing.</summary>
    public IReadOnlyList<int> Values { get; } = [.. Items.SelectMany(i => Expand(Field, i)).Distinct().Order()];

    public static int Min(CronField field) => field switch
    {
        CronField.DayOfMonth or CronField.Month => 1,
        CronField.Year => FirstYear,
        _ => 0,
    };

    public static int Max(CronField field) => field switch
    {
        CronField.Second or CronField.Minute => 59,
        CronField.Hour => 23,
        CronField.DayOfMonth => 31,
        CronField.Month => 12,
        CronField.DayOfWeek => 6,
        _ => LastYear,
    };

    /// <summary>Years that an expression may name.</summary>
    public const int FirstYear = 1970;

    /// <inheritdoc cref="FirstYear"/>
    public const int LastYear = 2099;

    static IEnumerable<int> Expand(CronField field, CronItem item)
    {
        switch (item.Form)
        {
            case CronForm.Any:
                return Enumerable.Range(Min(field), Max(field) - Min(field) + 1);
            case CronForm.Value:
                return [item.From];
            case CronForm.Range or CronForm.Step:
                var size = Max(field) - Min(field) + 1;
                var length = item.To >= item.From ? item.To - item.From : item.To - item.From + size;
                return Enumerable.Range(0, length / item.Step + 1).Select(i => Min(field) + (item.From + i * item.Step - Min(field)) % size);
            default:
                return [];
        }
    }
}
