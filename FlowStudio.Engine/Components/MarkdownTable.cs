using System.Text;
using System.Text.Json;

namespace FlowStudio.Engine.Components;

/// <summary>A list as a Markdown table: a row per item, a column per key, in the order in which keys are met first.</summary>
static class MarkdownTable
{
    /// <summary>Rows of differing keys make a table that grows with both.</summary>
    const int MaxCells = 1_000_000;

    /// <summary>The column of items that are no objects.</summary>
    const string Plain = "value";

    /// <exception cref="NodeException">The table would be too large.</exception>
    public static string Of(JsonElement list, CancellationToken cancellationToken)
    {
        var columns = new OrderedDictionary<string, int>(StringComparer.Ordinal);
        var rows = list.GetArrayLength();
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind is not JsonValueKind.Object)
                columns.TryAdd(Plain, columns.Count);
            else
                AddColumns(item, columns);
            if ((long)columns.Count * rows > MaxCells)
            {
                throw new NodeException("table_too_large", $"A table of {rows:N0} rows with {columns.Count:N0} columns or more is too large; {MaxCells:N0} cells are allowed.",
                    "Take fewer rows, or take what matters of each with a template.");
            }
        }
        if (columns.Count == 0)
            return "";
        var text = new StringBuilder();
        Row(text, columns.Keys.Select(Cell));
        Row(text, columns.Keys.Select(_ => "---"));
        var cells = new string[columns.Count];
        foreach (var item in list.EnumerateArray())
        {
            cancellationToken.ThrowIfCancellationRequested();
            Array.Fill(cells, "");
            if (item.ValueKind is JsonValueKind.Object)
            {
                foreach (var property in item.EnumerateObject())
                    cells[columns[property.Name]] = Cell(JsonText.Of(property.Value));
            }
            else
            {
                cells[columns[Plain]] = Cell(JsonText.Of(item));
            }
            Row(text, cells);
        }
        return text.ToString(0, text.Length - 1);
    }

    static void AddColumns(JsonElement item, OrderedDictionary<string, int> columns)
    {
        foreach (var property in item.EnumerateObject())
            columns.TryAdd(property.Name, columns.Count);
    }

    static void Row(StringBuilder text, IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");

    static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).ReplaceLineEndings("<br>");
}
