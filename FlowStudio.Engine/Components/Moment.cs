using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace FlowStudio.Engine.Components;

/// <summary>A moment as a clock on the wall of a zone shows it. Years go from 1 to 9999; names of months and days are English.</summary>
sealed partial class Moment
{
    const int MaxFormat = 200;
    const int MaxText = 200;

    /// <summary>Larger numbers are milliseconds since 1970: as seconds they would lie beyond the year 5000.</summary>
    const double MaxSeconds = 1e11;

    /// <summary>What is read without being told how. Days and months that could be taken for one another (1/2/2025) are not among them.</summary>
    static readonly string[] Known =
    [
        "yyyy-MM-dd", "yyyyMMdd", "yyyy/MM/dd",
        "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mmK", "yyyy-MM-dd HH:mm:ssK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK",
        "yyyyMMdd'T'HHmmssK", "yyyy/MM/dd HH:mmK", "yyyy/MM/dd HH:mm:ssK",
        "d MMM yyyy", "d MMMM yyyy", "MMM d, yyyy", "MMMM d, yyyy", "d MMM yyyy HH:mmK", "d MMM yyyy HH:mm:ssK", "ddd, d MMM yyyy HH:mm:ssK",
    ];

    readonly DateTimeOffset at;
    readonly TimeZoneInfo zone;

    Moment(DateTimeOffset at, TimeZoneInfo zone) => (this.at, this.zone) = (at, zone);

    public double UnixSeconds => at.ToUnixTimeMilliseconds() / 1000.0;

    /// <exception cref="NodeException">There is no zone of that name.</exception>
    public static TimeZoneInfo ZoneOf(string name)
    {
        name = name.Trim();
        if (name.Length == 0)
            return TimeZoneInfo.Utc;
        // The name becomes part of a file's path: only what names of zones have in them.
        if (ZoneName().IsMatch(name) && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone))
            return zone;
        throw new NodeException("unknown_time_zone", $"there is no time zone '{Excerpt.Of(name, 60)}'.", "Write it as in the IANA list: UTC, Europe/Berlin, America/New_York, Asia/Tokyo.");
    }

    /// <exception cref="NodeException">In that zone it lies outside of the years 1 to 9999.</exception>
    public static Moment At(DateTimeOffset at, TimeZoneInfo zone) => Bounded(() => new Moment(TimeZoneInfo.ConvertTime(at, zone), zone));

    /// <summary>Reads a date; one that names no offset is a clock's in the zone. Seconds or milliseconds since 1970 are fine.</summary>
    /// <param name="format">How it is written; empty: in one of the usual ways.</param>
    /// <exception cref="NodeException">It is none.</exception>
    public static Moment Parse(string text, string format, TimeZoneInfo zone)
    {
        if (text.Length > MaxText)
            throw NoDate(text, format);
        if (format.Length > 0)
        {
            CheckFormat(format);
            return DateTime.TryParseExact(text, format, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AllowWhiteSpaces, out var told) ? Clock(told, zone) : throw NoDate(text, format);
        }
        var plain = NamedUtc().Replace(text, "Z");
        if (DateTime.TryParseExact(plain, Known, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AllowWhiteSpaces, out var clock))
            return Clock(clock, zone);
        if (!Figure.TryParse(text, out var number))
            throw NoDate(text, format);
        var milliseconds = Math.Round(Math.Abs(number.ToDouble()) < MaxSeconds ? number.ToDouble() * 1000 : number.ToDouble());
        return Bounded(() => At(DateTimeOffset.FromUnixTimeMilliseconds(checked((long)milliseconds)), zone));
    }

    /// <exception cref="NodeException">It is no format.</exception>
    public static void CheckFormat(string format) => At(DateTimeOffset.UnixEpoch, TimeZoneInfo.Utc).Write(format);

    /// <summary>The moment written; an empty format is ISO 8601 with the offset.</summary>
    /// <exception cref="NodeException">The format is none.</exception>
    public string Write(string format)
    {
        if (format.Length > MaxFormat)
            throw new NodeException("invalid_format", $"the format has {format.Length:N0} characters; {MaxFormat} are allowed.", "Shorten it.");
        try
        {
            return at.ToString(format.Length == 0 ? "yyyy-MM-dd'T'HH:mm:ss.FFFzzz" : format, CultureInfo.InvariantCulture);
        }
        catch (FormatException)
        {
            throw new NodeException("invalid_format", $"'{Excerpt.Of(format, 60)}' is no format of dates.", "Write it as in yyyy-MM-dd HH:mm, with other words between quotes: 'on' dddd.");
        }
    }

    /// <summary>The moment so much later. Seconds to hours are time that goes by; days and longer keep the clock's time over changes of summer time.</summary>
    /// <exception cref="NodeException">A part of a month or year, or a date outside of the years 1 to 9999.</exception>
    public Moment Add(double amount, string unit) => Bounded(() => unit switch
    {
        "seconds" => At(at.AddSeconds(amount), zone),
        "minutes" => At(at.AddMinutes(amount), zone),
        "hours" => At(at.AddHours(amount), zone),
        "days" => Clock(at.DateTime.AddDays(amount), zone),
        "weeks" => Clock(at.DateTime.AddDays(amount * 7), zone),
        "months" => Clock(at.DateTime.AddMonths(Whole(amount, unit)), zone),
        _ => Clock(at.DateTime.AddYears(Whole(amount, unit)), zone),
    });

    /// <summary>How much time lies between two moments, below zero when the second comes first; of months and years only whole ones.</summary>
    public static double Between(Moment from, Moment until, string unit) => unit switch
    {
        "seconds" => (until.at - from.at).TotalSeconds,
        "minutes" => (until.at - from.at).TotalMinutes,
        "hours" => (until.at - from.at).TotalHours,
        // By the clock, as days are added: from noon to noon is one day, though it may have 23 hours.
        "days" => (until.at.DateTime - from.at.DateTime).TotalDays,
        "weeks" => (until.at.DateTime - from.at.DateTime).TotalDays / 7,
        "months" => Months(from.at.DateTime, until.at.DateTime),
        _ => Months(from.at.DateTime, until.at.DateTime) / 12,
    };

    /// <summary>The parts of the date, as an object.</summary>
    public void WriteParts(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("iso"u8, Write(""));
        json.WriteString("date"u8, Write("yyyy-MM-dd"));
        json.WriteString("time"u8, Write("HH:mm:ss"));
        json.WriteNumber("year"u8, at.Year);
        json.WriteNumber("month"u8, at.Month);
        json.WriteNumber("day"u8, at.Day);
        json.WriteNumber("hour"u8, at.Hour);
        json.WriteNumber("minute"u8, at.Minute);
        json.WriteNumber("second"u8, at.Second);
        json.WriteString("weekday"u8, Write("dddd"));
        json.WriteNumber("week"u8, ISOWeek.GetWeekOfYear(at.DateTime));
        json.WriteNumber("day_of_year"u8, at.DayOfYear);
        json.WriteString("timezone"u8, zone.Id);
        json.WriteString("offset"u8, Write("zzz"));
        json.WriteNumber("unix"u8, UnixSeconds);
        json.WriteEndObject();
    }

    /// <summary>A clock's time in a zone; one with an offset (then it is UTC) is moved there.</summary>
    static Moment Clock(DateTime clock, TimeZoneInfo zone) => Bounded(() => clock.Kind is DateTimeKind.Utc
        ? At(new DateTimeOffset(clock), zone)
        // A time that the change to summer time leaves out is read with the offset before it, and so lies an hour later.
        : At(new DateTimeOffset(clock, zone.GetUtcOffset(clock)), zone));

    static int Months(DateTime from, DateTime until)
    {
        if (until < from)
            return -Months(until, from);
        var months = (until.Year - from.Year) * 12 + until.Month - from.Month;
        return from.AddMonths(months) > until ? months - 1 : months;
    }

    static int Whole(double amount, string unit) => amount == Math.Floor(amount) && Math.Abs(amount) <= 120_000
        ? (int)amount
        : throw new NodeException("invalid_amount", FormattableString.Invariant($"{amount} {unit} can't be added."), "Give a whole number of them, or count in days.");

    static Moment Bounded(Func<Moment> make)
    {
        try
        {
            return make();
        }
        catch (Exception e) when (e is ArgumentException or OverflowException)
        {
            throw new NodeException("date_out_of_range", "the date lies outside of the years 1 to 9999.", "See that date and amount are right.", inner: e);
        }
    }

    static NodeException NoDate(string text, string format) => new("not_a_date",
        format.Length > 0 ? $"'{Excerpt.Of(text, 60)}' is no date of the form {Excerpt.Of(format, 60)}." : $"'{Excerpt.Of(text, 60)}' can't be read as a date.",
        format.Length > 0 ? "Correct the date, or the setting Input format." : "Write it as 2025-02-13 or 2025-02-13 12:00, or say under Input format how it is written.");

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}\z", RegexOptions.NonBacktracking)]
    private static partial Regex ZoneName();

    /// <summary>UTC by name, at the end of a time.</summary>
    [GeneratedRegex(@"(?<=[0-9])\s{0,8}(?:UTC|GMT)\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamedUtc();
}
