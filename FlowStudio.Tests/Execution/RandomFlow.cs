using FlowStudio.Engine.Flows;

namespace FlowStudio.Tests.Execution;

/// <summary>
/// Draws flows by chance, and inputs for them: texts from data, prompts that join earlier texts, branches, loops (nested, one after the other, at work on
/// several items at once), short delays that shuffle the order, switched-off nodes.
/// </summary>
sealed class RandomFlow
{
    const int MostNodes = 24;

    readonly Random dice;
    readonly double pauses;
    readonly FlowBuilder flow = new();
    int count;

    RandomFlow(int seed, double pauses) => (dice, this.pauses) = (new Random(seed), pauses);

    /// <param name="pauses">Seconds that each of the delays takes.</param>
    public static FlowDocument Draw(int seed, double pauses)
    {
        var draw = new RandomFlow(seed, pauses);
        draw.flow.Node("in", "Webhook");
        var texts = new List<Source>();
        draw.Block("in.output_data", depth: 0, texts);
        for (var i = 0; i < draw.dice.Next(1, 3) && texts.Count > 0; i++)
            draw.flow.Node($"out{i}", "ChatOutput").Edge(draw.Any(texts).Port, $"out{i}.input_value");
        return draw.flow.Build();
    }

    /// <summary>A list of objects, and of lists of such.</summary>
    public static string Input(int seed)
    {
        var random = new Random(seed);
        return List(depth: 0);

        string List(int depth) => $"[{string.Join(',', Enumerable.Range(0, random.Next(0, 5)).Select(_ => depth < 2 && random.Next(3) == 0 ? List(depth + 1) : $$"""{"a":"{{random.Next(20)}}","n":{{random.Next(100)}}}"""))}]";
    }

    /// <summary>Nodes that hang on a value: on the run's input, or on a loop's item.</summary>
    /// <param name="texts">What leaves them is added; those of the scopes around may be in it.</param>
    void Block(string data, int depth, List<Source> texts)
    {
        var lists = new List<string> { data };
        var nodes = dice.Next(2, 8);
        Text(lists, depth, texts);
        for (var i = 0; i < nodes && count < MostNodes; i++)
        {
            switch (dice.Next(10))
            {
                case 0 or 1:
                    Text(lists, depth, texts);
                    break;
                case 2 or 3 or 4:
                    Prompt(texts);
                    break;
                case 5 or 6:
                    var looked = Any(texts);
                    var branch = Next("i");
                    flow.Node(branch, "IfElse", Settings(("operator", "contains"), ("match_text", $"{dice.Next(10)}")), IsOff(30)).Edge(looked.Port, $"{branch}.input_text");
                    texts.Add(new($"{branch}.true_result", looked.Depth));
                    texts.Add(new($"{branch}.false_result", looked.Depth));
                    break;
                case 7:
                    var later = Any(texts);
                    var nap = Next("d");
                    flow.Node(nap, "Delay", new { seconds = pauses }).Edge(later.Port, $"{nap}.input");
                    texts.Add(new($"{nap}.output", later.Depth));
                    break;
                default:
                    if (depth < 3)
                        Loop(lists, depth, texts);
                    break;
            }
        }
    }

    void Text(List<string> lists, int depth, List<Source> texts)
    {
        var text = Next("t");
        flow.Node(text, "DataToMessage", new { template = $"{text}:{{{Any(["a", "n", "text"])}}}/{{{Any(["a", "n"])}}}" }, IsOff(20)).Edge(Any(lists), $"{text}.data");
        texts.Add(new($"{text}.text", depth));
    }

    void Prompt(List<Source> texts)
    {
        var prompt = Next("p");
        var sources = Enumerable.Range(0, dice.Next(1, 4)).Select(_ => Any(texts)).ToList();
        flow.Node(prompt, "Prompt", new { template = $"{prompt}[{string.Join('|', sources.Select((_, v) => $"{{v{v}}}"))}]" }, IsOff(25));
        for (var v = 0; v < sources.Count; v++)
            flow.Edge(sources[v].Port, $"{prompt}.v{v}");
        texts.Add(new($"{prompt}.prompt", sources.Max(s => s.Depth)));
    }

    void Loop(List<string> lists, int depth, List<Source> texts)
    {
        var loop = Next("l");
        flow.Node(loop, "Loop", new { parallel = dice.Next(1, 4) }, IsOff(20)).Edge(Any(lists), $"{loop}.data");
        var inside = texts.ToList();
        Block($"{loop}.item", depth + 1, inside);
        var ends = inside.Where(t => t.Depth == depth + 1).Select(t => t.Port).Append($"{loop}.item").ToList();
        if (dice.Next(12) > 0)
            flow.Edge(Any(ends), $"{loop}.loop");
        lists.Add($"{loop}.done");
    }

    static Dictionary<string, object> Settings(params (string Name, object Value)[] settings) => settings.ToDictionary(s => s.Name, s => s.Value, StringComparer.Ordinal);

    string Next(string kind) => $"{kind}{count++}";

    bool IsOff(int oneIn) => dice.Next(oneIn) == 0;

    T Any<T>(IReadOnlyList<T> list) => list[dice.Next(list.Count)];

    /// <summary>An output, and how many loops are around it.</summary>
    sealed record Source(string Port, int Depth);
}
