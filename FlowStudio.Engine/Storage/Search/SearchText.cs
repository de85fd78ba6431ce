using System.Text;
using System.Text.Json;

namespace FlowStudio.Engine.Storage.Search;

/// <summary>What of a run can be searched for: the texts and numbers of its input, output and error, and its session id, the first of each.</summary>
static class SearchText
{
    /// <summary>Characters of one event's data that are searchable.</summary>
    public const int MaxPart = 16 * 1024;

    /// <param name="first">The stored lines with the run's acceptance.</param>
    /// <param name="last">The stored lines with the run's end.</param>
    public static string Of(ReadOnlySpan<byte> first, ReadOnlySpan<byte> last)
    {
        var text = new StringBuilder();
        if (first.IndexOf((byte)'\n') is >= 0 and var end)
            first = first[..end];
        Append(text, first, MaxPart);
        last = last.TrimEnd((byte)'\n');
        Append(text, last[(last.LastIndexOf((byte)'\n') + 1)..], text.Length + MaxPart);
        return text.ToString();
    }

    static void Append(StringBuilder text, ReadOnlySpan<byte> line, int most)
    {
        if (line.IsEmpty)
            return;
        try
        {
            AppendData(text, new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = 256 }), most);
        }
        catch (JsonException)
        {
            // A line that cannot be read: the words before are found, and the runs after it too.
        }
    }

    static void AppendData(StringBuilder text, Utf8JsonReader json, int most)
    {
        json.Read();
        while (json.Read() && json.TokenType is JsonTokenType.PropertyName)
        {
            if (!json.ValueTextEquals("data"u8))
            {
                json.Skip();
                continue;
            }
            json.Read();
            while (json.Read() && json.TokenType is JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("input"u8) || json.ValueTextEquals("output"u8) || json.ValueTextEquals("error"u8) || json.ValueTextEquals("session_id"u8))
                    AppendValue(text, ref json, most);
                else
                    json.Skip();
            }
        }
    }

    static void AppendValue(StringBuilder text, ref Utf8JsonReader json, int most)
    {
        json.Read();
        var depth = json.CurrentDepth;
        do
        {
            if (text.Length >= most)
                continue;
            switch (json.TokenType)
            {
                case JsonTokenType.String:
                    WordCutter.Append(text, json.GetString(), most);
                    text.Append('\n');
                    break;
                case JsonTokenType.Number:
                    text.Append(Encoding.UTF8.GetString(json.ValueSpan)).Append('\n');
                    break;
            }
        }
        while ((json.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray || json.CurrentDepth > depth) && json.Read());
    }
}
