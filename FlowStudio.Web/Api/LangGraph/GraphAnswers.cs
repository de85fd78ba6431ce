using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FlowStudio.Engine;

namespace FlowStudio.Web.Api.LangGraph;

/// <summary>Answers in this dialect's JSON.</summary>
static class GraphAnswers
{
    public static Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type) =>
        context.Response.WriteAsJsonAsync(value, type, "application/json", context.RequestAborted);

    public static Task WriteAsync(HttpContext context, int number) => WriteRawAsync(context, number.ToString(CultureInfo.InvariantCulture));

    public static Task WriteRawAsync(HttpContext context, string json)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json, context.RequestAborted);
    }

    /// <summary>A list, of each item only what was selected, and where it goes on.</summary>
    /// <exception cref="ApiException">Something was selected that there is not.</exception>
    public static Task WriteListAsync<T>(HttpContext context, IReadOnlyList<T> items, JsonTypeInfo<T> type, IReadOnlyList<string>? select, int offset, bool more)
    {
        Pages(context.Response, offset, items.Count, more);
        var all = items.Select(i => JsonSerializer.SerializeToElement(i, type)).ToList();
        if (select is not null)
        {
            string[] known = [.. type.Properties.Select(p => p.Name)];
            if (select.FirstOrDefault(s => !known.Contains(s)) is { } unknown)
                throw GraphErrors.Invalid($"'select' names '{unknown}'; there is {string.Join(", ", known)}.");
        }
        var list = JsonText.Element((all, select), static (json, s) =>
        {
            json.WriteStartArray();
            foreach (var item in s.all)
            {
                if (s.select is null)
                {
                    item.WriteTo(json);
                    continue;
                }
                json.WriteStartObject();
                foreach (var member in item.EnumerateObject().Where(m => s.select.Contains(m.Name)))
                    member.WriteTo(json);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
        return WriteAsync(context, list, GraphJson.Relaxed.JsonElement);
    }

    /// <summary>As the platform counts: the total is what is known of it.</summary>
    static void Pages(HttpResponse response, int offset, int count, bool more)
    {
        var next = offset + count;
        response.Headers["X-Pagination-Total"] = (more ? next + 1 : next).ToString(CultureInfo.InvariantCulture);
        if (more)
            response.Headers["X-Pagination-Next"] = next.ToString(CultureInfo.InvariantCulture);
    }
}
