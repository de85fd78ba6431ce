using System.Text.Json;
using System.Text.RegularExpressions;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Engine.Components;

/// <summary>Sends a value one of two ways. The operators are named as in Langflow's If-Else, so that its flows keep theirs.</summary>
public sealed class IfElse : IComponent
{
    const int MaxPattern = 1000;
    const int MaxShown = 60;

    static readonly TimeSpan PatternTime = TimeSpan.FromSeconds(1);

    static readonly string[] Comparing =
    [
        "equals", "not equals", "contains", "not contains", "starts with", "ends with", "regex",
        "greater than", "greater than or equal", "less than", "less than or equal",
    ];

    static readonly string[] OfTexts = ["equals", "not equals", "contains", "not contains", "starts with", "ends with", "regex"];

    static readonly InputPort Input = new("input_text", PortType.Message, PortType.Data, PortType.Table, PortType.Number, PortType.Boolean)
    {
        Title = "Value",
        Required = true,
        Help = "What is looked at; it leaves at True or at False.",
    };

    static readonly InputPort Match = new("match_text", PortType.Message, PortType.Data, PortType.Number, PortType.Boolean)
    {
        Title = "Compare with",
        Help = "What it is compared with, when that comes from the flow.",
    };

    static readonly TextField Path = Field.Text("path",
        "Which part of Data is looked at, such as order.total or items[0].name; empty: the whole value. What goes on is the whole value always.") with
    {
        Placeholder = "order.total",
    };

    static readonly TextField Operator = Field.Choice("operator",
        "regex looks for a pattern anywhere in the text; ^ and $ are its ends. greater and less compare numbers. exists asks whether Data has the path.",
        [.. Comparing, "is empty", "is not empty", "exists", "does not exist", "is true", "is false"]);

    static readonly TextField MatchText = Field.Text("match_text", "What it is compared with, when nothing is connected to that input.") with
    {
        Title = "Compare with",
        ShownWhen = ("operator", Comparing),
    };

    static readonly SwitchField CaseSensitive = Field.Switch("case_sensitive", "Capital and small letters are different: Yes is not yes.")
        .Default(value: true) with
    {
        Advanced = true,
        ShownWhen = ("operator", OfTexts),
    };

    static readonly TextField TrueMessage = Field.Multiline("true_case_message", "What leaves at True instead of the value; empty: the value.") with
    {
        Title = "Text when true",
        Advanced = true,
    };

    static readonly TextField FalseMessage = Field.Multiline("false_case_message", "What leaves at False instead of the value; empty: the value.") with
    {
        Title = "Text when false",
        Advanced = true,
    };

    static readonly OutputPort True = new("true_result", PortType.Any) { Title = "True", Help = "The value, when the condition holds." };
    static readonly OutputPort False = new("false_result", PortType.Any) { Title = "False", Help = "The value, when the condition does not hold." };

    public static ComponentDescriptor Descriptor { get; } =
        new("IfElse", "If-Else", Category.Route, Effects.Pure, "Looks at a value and sends it one of two ways; what hangs on the other is skipped.")
        {
            Inputs = [Input, Match],
            Fields = [Path, Operator, MatchText, CaseSensitive, TrueMessage, FalseMessage],
            Outputs = [True, False],
            CanBeTool = false,
            Highlights = ["path", "operator", "match_text"],
            Check = Check,
            ReadsPaths = node => NodeSettings.Text(node, Path) is var path && !ValuePath.IsEmpty(path) && ValuePath.Parse(path, out _) is { IsMany: false } parsed ? [parsed.Text] : [],
        };

    public async ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken)
    {
        var question = new Question(node.Node.Label, node.Get(Operator), node.Get(CaseSensitive), Where(node), node.Input(Match) ?? JsonText.Element(node.Get(MatchText)));
        var (whenTrue, whenFalse) = (node.Get(TrueMessage), node.Get(FalseMessage));
        var value = node.Input(Input) ?? JsonText.Null;
        // A bad pattern takes its whole time, which other runs must not wait for.
        var holds = question.IsPattern ? await Task.Run(() => question.Holds(value), cancellationToken) : question.Holds(value);
        var instead = holds ? whenTrue : whenFalse;
        return NodeResult.Of(holds ? True : False, instead.Length > 0 ? JsonText.Element(instead) : value);
    }

    static ValuePath? Where(NodeContext node)
    {
        var text = node.Get(Path);
        if (ValuePath.IsEmpty(text))
            return null;
        return ValuePath.Parse(text, out var problem)
            ?? throw new NodeException("invalid_setting", $"{node.Node.Label}: the setting {Path.Title} is no path. {problem}", "Write it as in order.items[0].name.");
    }

    static IEnumerable<FlowProblem> Check(Node node)
    {
        var path = NodeSettings.Text(node, Path);
        if (!ValuePath.IsEmpty(path) && ValuePath.Parse(path, out var problem) is null)
            yield return NodeSettings.Invalid(node, Path.Name, $"{node.Label}: the setting {Path.Title} is no path. {problem}", "Write it as in order.items[0].name.");
        var pattern = NodeSettings.Text(node, MatchText);
        if (NodeSettings.Text(node, Operator) == "regex" && pattern.Length > 0 && Pattern(pattern, caseSensitive: true, out var flaw) is null)
            yield return NodeSettings.Invalid(node, MatchText.Name, $"{node.Label}: the pattern is wrong. {flaw}", "Correct it, or choose another operator.");
    }

    static Regex? Pattern(string pattern, bool caseSensitive, out string flaw)
    {
        flaw = "";
        if (pattern.Length > MaxPattern)
        {
            flaw = $"It has {pattern.Length} characters; {MaxPattern} are allowed.";
            return null;
        }
        try
        {
            return new Regex(pattern, RegexOptions.CultureInvariant | (caseSensitive ? RegexOptions.None : RegexOptions.IgnoreCase), PatternTime);
        }
        catch (ArgumentException e)
        {
            flaw = e.Message;
            return null;
        }
    }

    /// <summary>A condition with all it needs but the value.</summary>
    sealed record Question(string Label, string Operator, bool CaseSensitive, ValuePath? Path, JsonElement Match)
    {
        public bool IsPattern => Operator == "regex";

        string What => Path is null ? "the value" : $"what is at {Path.Text}";

        StringComparison Comparison => CaseSensitive ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;

        public bool Holds(JsonElement whole)
        {
            var value = Path is null ? whole : Path.Find(whole);
            return Operator switch
            {
                "equals" => Same(value, Match),
                "not equals" => !Same(value, Match),
                "contains" => Contains(value),
                "not contains" => !Contains(value),
                "starts with" => JsonText.OfMessage(value).StartsWith(JsonText.OfMessage(Match), Comparison),
                "ends with" => JsonText.OfMessage(value).EndsWith(JsonText.OfMessage(Match), Comparison),
                "regex" => Fits(JsonText.OfMessage(value)),
                "greater than" => Compare(value) > 0,
                "greater than or equal" => Compare(value) >= 0,
                "less than" => Compare(value) < 0,
                "less than or equal" => Compare(value) <= 0,
                "is empty" => IsEmpty(value),
                "is not empty" => !IsEmpty(value),
                "exists" => Exists(value),
                "does not exist" => !Exists(value),
                "is true" => IsTrue(value),
                _ => !IsTrue(value),
            };
        }

        /// <summary>Numbers by what they are worth, objects and lists by what they hold, the rest by text.</summary>
        bool Same(JsonElement a, JsonElement b)
        {
            if ((a.ValueKind is JsonValueKind.Number || b.ValueKind is JsonValueKind.Number) && Figure.TryRead(Plain(a), out var x) && Figure.TryRead(Plain(b), out var y))
                return x.Equals(y);
            var (left, right) = (Plain(a), Plain(b));
            if (left.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
                right = ValuePath.Opened(right);
            return left.ValueKind is JsonValueKind.Object or JsonValueKind.Array && right.ValueKind == left.ValueKind
                ? JsonElement.DeepEquals(left, right)
                : JsonText.Of(left).Equals(JsonText.Of(right), Comparison);
        }

        /// <summary>A list has an item, or a text a piece.</summary>
        bool Contains(JsonElement value) => value.ValueKind is JsonValueKind.Array
            ? value.EnumerateArray().Any(item => Same(item, Match))
            : JsonText.OfMessage(value).Contains(JsonText.OfMessage(Match), Comparison);

        bool Fits(string text)
        {
            var pattern = Pattern(JsonText.OfMessage(Match), CaseSensitive, out var flaw)
                ?? throw new NodeException("invalid_pattern", $"{Label}: the pattern is wrong. {flaw}", "Correct it, or choose another operator.");
            try
            {
                return pattern.IsMatch(text);
            }
            catch (RegexMatchTimeoutException)
            {
                throw new NodeException("pattern_too_slow", $"{Label}: the pattern found no answer within {Words.Of(PatternTime)} on a text of {text.Length:N0} characters.",
                    "Write it without repetitions inside repetitions, such as (a+)+, or shorten the text before.");
            }
        }

        // What it is compared with is not quoted: it may come from a secret variable.
        int Compare(JsonElement value) => Number(value, $"{What} is {Shown(value)}, which").CompareTo(Number(Match, "what it is compared with"));

        Figure Number(JsonElement value, string what) => Figure.TryRead(Plain(value), out var figure)
            ? figure
            : throw new NodeException("not_a_number", $"{Label}: {what} is not a number; '{Operator}' compares numbers.",
                "Compare numbers, written as 12.5, or choose an operator for texts.");

        bool IsTrue(JsonElement value) => JsonText.OfMessage(value).Trim().ToUpperInvariant() switch
        {
            "TRUE" or "YES" or "ON" or "1" => true,
            "FALSE" or "NO" or "OFF" or "0" or "" => false,
            _ => throw new NodeException("not_a_boolean", $"{Label}: {What} is {Shown(value)}, which is neither true nor false.",
                "true, yes, on and 1 are true; false, no, off, 0 and nothing are false. Choose an operator for texts or numbers otherwise."),
        };

        static bool IsEmpty(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.Array => value.GetArrayLength() == 0,
            JsonValueKind.Object when !ChatMessage.IsMessage(value) => value.GetPropertyCount() == 0,
            _ => string.IsNullOrWhiteSpace(JsonText.OfMessage(value)),
        };

        static bool Exists(JsonElement value) => value.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

        /// <summary>A message is its text.</summary>
        static JsonElement Plain(JsonElement value) => ChatMessage.IsMessage(value) ? value.GetProperty("text"u8) : value;

        static string Shown(JsonElement value) => Exists(value) ? $"'{Excerpt.Of(JsonText.OfMessage(value), MaxShown)}'" : "not there";
    }
}
