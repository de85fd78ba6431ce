using System.Globalization;

namespace FlowStudio.Engine.Schedules;

/// <summary>Times that are started no more.</summary>
/// <param name="Count">Null: more than <see cref="ISchedules.MostAtOnce"/>.</param>
readonly record struct MissedTimes(DateTimeOffset First, DateTimeOffset Last, int? Count)
{
    public string Words(MisfirePolicy policy)
    {
        var times = Count switch
        {
            1 => $"{First:u} was missed",
            { } count => string.Create(CultureInfo.InvariantCulture, $"{count:N0} times from {First:u} to {Last:u} were missed"),
            null => string.Create(CultureInfo.InvariantCulture, $"More than {ISchedules.MostAtOnce:N0} times from {First:u} to {Last:u} were missed"),
        };
        return policy switch
        {
            MisfirePolicy.Once => $"{times}; the next run makes up for them.",
            MisfirePolicy.All => $"{times}; only the newest {ISchedules.MostAtOnce.ToString("N0", CultureInfo.InvariantCulture)} are made up for.",
            _ => $"{times}, and this schedule does not make up for missed times.",
        };
    }
}

/// <summary>What of the times that are due is to be started.</summary>
/// <param name="Start">In order.</param>
/// <param name="CatchesUp">They are made up for, each of them.</param>
sealed record FirePlan(IReadOnlyList<DateTimeOffset> Start, MissedTimes? Missed, bool CatchesUp)
{
    /// <param name="from">The first time that is due.</param>
    public static FirePlan Of(CronClock clock, MisfirePolicy policy, DateTimeOffset from, DateTimeOffset now)
    {
        var due = new List<DateTimeOffset> { from };
        while (due.Count <= ISchedules.MostAtOnce && clock.Next(due[^1]) is { } next && next <= now)
            due.Add(next);
        var countless = due.Count > ISchedules.MostAtOnce;
        if (countless)
            due = Newest(clock, from, now);
        switch (policy)
        {
            case MisfirePolicy.All:
                // The first time that is left out is the one it began with; how many came after it, nobody counted.
                return new(due, countless ? new(from, clock.Before(due[0]) ?? from, null) : null, due.Count > 1);
            case MisfirePolicy.Once:
                return new([due[^1]], Before(clock, from, due, countless, due.Count - 1), CatchesUp: false);
            default:
                var started = due[^1] >= now - ScheduleRunner.Grace ? 1 : 0;
                return new(due[(due.Count - started)..], Before(clock, from, due, countless, due.Count - started), CatchesUp: false);
        }
    }

    static MissedTimes? Before(CronClock clock, DateTimeOffset from, List<DateTimeOffset> due, bool countless, int missed) =>
        countless ? new(from, missed > 0 ? due[missed - 1] : clock.Before(due[0]) ?? from, null)
        : missed > 0 ? new(from, due[missed - 1], missed)
        : null;

    static List<DateTimeOffset> Newest(CronClock clock, DateTimeOffset from, DateTimeOffset now)
    {
        var newest = new List<DateTimeOffset>();
        // Fires are on whole seconds: the one at this very second counts.
        var before = new DateTimeOffset(now.UtcTicks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, TimeSpan.Zero).AddSeconds(1);
        while (newest.Count < ISchedules.MostAtOnce && clock.Before(before) is { } time && time >= from)
        {
            newest.Add(time);
            before = time;
        }
        newest.Reverse();
        return newest;
    }
}
