namespace FlowStudio.Engine.Schedules;

/// <summary>A cron expression that is none: what is wrong, and where.</summary>
/// <param name="reason">In words, without the place.</param>
/// <param name="field">The field's name, e.g. <c>minute</c>; null when the whole is wrong.</param>
/// <param name="fieldNumber">Counted from 1; 0 for the whole.</param>
/// <param name="position">Of the first wrong character in the expression, counted from 1; 0 for the whole.</param>
/// <param name="code"><c>invalid_cron</c>, or <c>cron_never_fires</c>.</param>
public sealed class CronException(string reason, string? field = null, int fieldNumber = 0, int position = 0, string code = "invalid_cron")
    : Exception(field is null ? reason : FormattableString.Invariant($"{field} (field {fieldNumber}, position {position}): {reason}"))
{
    public string Code { get; } = code;

    public string? Field { get; } = field;

    public int FieldNumber { get; } = fieldNumber;

    public int Position { get; } = position;
}
