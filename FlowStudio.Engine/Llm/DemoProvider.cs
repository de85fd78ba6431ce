using System.Globalization;
using System.Text;

namespace FlowStudio.Engine.Llm;

/// <summary>
/// The built-in demo model: answers without network, key or cost, the same to the same request. It says what it is, shows what it was asked, and counts;
/// it does not think. Of the tools it is offered it calls those that the user mentions by name.
/// </summary>
public sealed class DemoProvider(TimeProvider time) : ILlmProvider
{
    public const string ProviderName = "demo";

    const int QuoteLength = 280;

    /// <summary>Characters of the request that are looked at for its words.</summary>
    const int ReadLength = 20_000;

    /// <summary>The pause after each word of a stream, so that one sees that it streams.</summary>
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(8);

    static readonly HashSet<string> Fillers = new(StringComparer.OrdinalIgnoreCase)
    {
        "about", "also", "answer", "because", "been", "before", "could", "each", "from", "have", "here", "into", "just", "more", "only", "other", "please",
        "said", "shall", "should", "some", "than", "that", "their", "them", "then", "there", "these", "they", "this", "what", "when", "where", "which",
        "will", "with", "would", "write", "your",
    };

    public string Name => ProviderName;

    public LlmDefaults? Defaults => null;

    public async Task<LlmAnswer> CompleteAsync(LlmRequest request, Action<string>? onToken, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var read = Tokens(request.System) + request.Chat.Sum(m => Tokens(m.Text));
        if (DemoTools.Calls(request) is { Count: > 0 } calls)
            return new LlmAnswer("", read, calls.Sum(c => Tokens(c.Name) + Tokens(c.Arguments)), "tool_calls") { ToolCalls = calls };
        var (text, finish) = Cut(Text(request), request.MaxTokens);
        if (onToken is not null)
        {
            foreach (var word in Words(text))
            {
                onToken(text[word]);
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
        return new LlmAnswer(text, read, Tokens(text), finish);
    }

    static string Text(LlmRequest request) =>
        request.Schema is { } schema ? JsonText.Of(DemoTools.Value(schema, Asked(request), 0)) : request.Json ? AsJson(request) : Answer(request);

    /// <summary>What the user said last.</summary>
    static string Asked(LlmRequest request) => request.Chat.LastOrDefault(m => m.Role is LlmRole.User)?.Text ?? "";

    static string Answer(LlmRequest request)
    {
        var input = Asked(request).Trim();
        var answer = new StringBuilder("This is the built-in demo model of FlowStudio: no network, no key, always the same answer.\n\n");
        if (input.Length == 0)
        {
            answer.Append("The request was empty.");
        }
        else
        {
            var words = Count(input);
            answer.Append(CultureInfo.InvariantCulture, $"I was asked, in {words:N0} {(words == 1 ? "word" : "words")}:\n\n> {Excerpt.Of(input, QuoteLength)}");
            if (Topics(input) is { Length: > 0 } topics)
                answer.Append(CultureInfo.InvariantCulture, $"\n\nIt seems to be about {topics}.");
        }
        if (DemoTools.Results(request) is { Length: > 0 } results)
            answer.Append("\n\nI called what was mentioned.\n").Append(results);
        if (request.System.Trim() is { Length: > 0 } system)
            answer.Append(CultureInfo.InvariantCulture, $" I was told to behave like this: “{Excerpt.Of(system, 120)}”");
        return answer.Append("\n\nFor a real answer choose another provider in this node: openai (its key in a variable named OPENAI_API_KEY), anthropic (ANTHROPIC_API_KEY) or ollama (no key).")
            .ToString();
    }

    static string AsJson(LlmRequest request) => JsonText.Of(JsonText.Element(request, static (writer, r) =>
    {
        writer.WriteStartObject();
        writer.WriteString("model"u8, "the built-in demo model of FlowStudio"u8);
        writer.WriteString("request"u8, Excerpt.Of(Asked(r), QuoteLength));
        writer.WriteNumber("words"u8, Count(Asked(r)));
        writer.WriteString("topics"u8, Topics(Asked(r)));
        writer.WriteEndObject();
    }));

    /// <summary>The longer words that come most often, the first three.</summary>
    static string Topics(string text)
    {
        var counts = new OrderedDictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        var read = text.AsSpan(0, Math.Min(text.Length, ReadLength));
        foreach (var range in Letters(read))
        {
            var word = read[range].ToString();
            if (word.Length >= 4 && !Fillers.Contains(word))
                counts[word] = counts.GetValueOrDefault(word) + 1;
        }
        var topics = counts.OrderByDescending(c => c.Value).Take(3).Select(c => c.Key).ToList();
        return topics.Count switch
        {
            0 => "",
            1 => topics[0],
            _ => $"{string.Join(", ", topics[..^1])} and {topics[^1]}",
        };
    }

    static List<Range> Letters(ReadOnlySpan<char> text)
    {
        var words = new List<Range>();
        var start = -1;
        for (var i = 0; i <= text.Length; i++)
        {
            var letter = i < text.Length && char.IsLetter(text[i]);
            if (letter && start < 0)
            {
                start = i;
            }
            else if (!letter && start >= 0)
            {
                words.Add(start..i);
                start = -1;
            }
        }
        return words;
    }

    static int Count(string text) => Words(text.Trim()).Count(range => range.End.Value > range.Start.Value);

    /// <summary>The text in pieces of a word and the space after it.</summary>
    static IEnumerable<Range> Words(string text)
    {
        var start = 0;
        for (var i = 1; i <= text.Length; i++)
        {
            if (i < text.Length && (char.IsWhiteSpace(text[i]) || !char.IsWhiteSpace(text[i - 1])))
                continue;
            yield return start..i;
            start = i;
        }
    }

    static (string Text, string Finish) Cut(string text, int? maxTokens) =>
        maxTokens is { } max && Tokens(text) > max ? (text[..Whole(text, max * 4)], "length") : (text, "stop");

    static int Whole(string text, int length) => length > 0 && char.IsHighSurrogate(text[length - 1]) ? length - 1 : length;

    /// <summary>Four characters to a token: near enough for English.</summary>
    static int Tokens(string text) => (text.Length + 3) / 4;
}
