using System.Globalization;
using System.Text.Json;
using CsvHelper;

namespace FlowStudio.Engine.Components;

/// <summary>CSV as rows of texts by column: the first line names the columns. Values stay texts: 007 is no number.</summary>
static class CsvTable
{
    /// <summary>The separator is what the first lines have in common: a comma, semicolon, tab or bar.</summary>
    /// <param name="warn">Told of what was put right: rows shorter or longer than the first line, quotes in odd places.</param>
    /// <param name="fail">Makes what is thrown when a quote is never closed: all the rest would be one cell.</param>
    public static List<JsonElement> Read(string text, Action<string> warn, Func<string, Exception> fail)
    {
        CsvMalformedRecord? unclosed = null;
        var (quotes, firstQuote) = (0, 0L);
        using var reader = CsvReader.FromText(text, CsvReaderOptions.Default with
        {
            TrackLineNumbers = true,
            OnMalformedRecord = record =>
            {
                if (record.Reason is CsvMalformedReason.UnterminatedQuote)
                    unclosed ??= record;
                else if (quotes++ == 0)
                    firstQuote = record.LineNumber;
            },
        });
        var rows = new List<JsonElement>();
        var columns = Columns(reader);
        var given = columns.Count;
        var (ragged, firstRagged) = (0, 0L);
        while (reader.Read())
        {
            if (reader.FieldCount != given && ragged++ == 0)
                firstRagged = reader.LineNumber;
            while (columns.Count < reader.FieldCount)
                columns.Add(Free(string.Create(CultureInfo.InvariantCulture, $"column_{columns.Count + 1}"), columns));
            rows.Add(JsonText.Element((columns, reader), static (writer, state) =>
            {
                writer.WriteStartObject();
                for (var i = 0; i < state.columns.Count; i++)
                    writer.WriteString(state.columns[i], i < state.reader.FieldCount ? state.reader.GetSpan(i) : []);
                writer.WriteEndObject();
            }));
        }
        if (unclosed is { } record)
            throw fail(string.Create(CultureInfo.InvariantCulture, $"line {record.LineNumber} has a quote that is never closed."));
        if (quotes > 0)
            warn(string.Create(CultureInfo.InvariantCulture, $"{quotes} rows have quotes in odd places, the first in line {firstQuote}; they were taken as they stand."));
        if (ragged > 0)
        {
            warn(string.Create(CultureInfo.InvariantCulture,
                $"{ragged} of {rows.Count} rows have more or fewer cells than the first line, which has {given}; the first of them is in line {firstRagged}. "
                + $"Missing cells are empty; further ones are named column_{given + 1} and so on."));
        }
        return rows;
    }

    static List<string> Columns(CsvReader reader)
    {
        reader.ReadHeader();
        var columns = new List<string>();
        foreach (var header in reader.Headers)
        {
            var name = header.Trim();
            columns.Add(Free(name.Length > 0 ? name : string.Create(CultureInfo.InvariantCulture, $"column_{columns.Count + 1}"), columns));
        }
        return columns;
    }

    /// <summary>The name, or with the first free number at its end: an object has each name once.</summary>
    static string Free(string name, List<string> taken)
    {
        var free = name;
        for (var i = 2; taken.Contains(free, StringComparer.Ordinal); i++)
            free = $"{name}_{i}";
        return free;
    }
}
