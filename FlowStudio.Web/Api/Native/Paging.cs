using System.Globalization;

namespace FlowStudio.Web.Api.Native;

/// <summary>What lists take from the query, with every refusal in words.</summary>
static class Paging
{
    public const int DefaultLimit = 50;
    public const int MaxLimit = 200;

    public static int Limit(string? given)
    {
        if (string.IsNullOrEmpty(given))
            return DefaultLimit;
        return int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is > 0 and <= MaxLimit
            ? limit
            : throw ApiException.BadRequest("invalid_limit", $"limit must be a number from 1 to {MaxLimit}.");
    }

    /// <summary>A list's page, with a foreign cursor told as such.</summary>
    public static async Task<T> ReadAsync<T>(Task<T> page)
    {
        try
        {
            return await page;
        }
        catch (FormatException)
        {
            throw ApiException.BadRequest("invalid_cursor", "cursor must be the next_cursor of the page before.");
        }
    }

    public static DateTimeOffset? Time(string name, string? given)
    {
        if (string.IsNullOrEmpty(given))
            return null;
        return DateTimeOffset.TryParse(given, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw ApiException.BadRequest("invalid_time", $"{name} must be a time such as 2026-11-21T10:00:00Z.");
    }
}
