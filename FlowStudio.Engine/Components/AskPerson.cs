using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Questions;

namespace FlowStudio.Engine.Components;

/// <summary>Asks somebody and goes on with the answer: free text, one of several choices, yes or no, or a small form. The run sleeps meanwhile, over restarts too.</summary>
public sealed class AskPerson(TimeProvider time) : IComponent
{
    const int MaxQuestion = 64 * 1024;
    const double MaxDays = 3_660;

    const string AsText = "text";
    const string AsChoice = "choice";
    const string AsApproval = "approval";
    const string AsForm = "form";

    static readonly InputPort Input = new("input", PortType.Any)
    {
        Help = "What the question is about: its values fill the question, and it leaves at Approved, Rejected or Time over.",
    };

    static readonly InputPort QuestionText = new("question", PortType.Message) { Required = true, ToolParameter = true, Help = "The question, when it comes from the flow." };

    static readonly TextField Text = Field.Template("question", "What is asked, in Markdown, with {order.id} or {text} for values of the input. {data} is the whole of it.") with
    {
        Placeholder = "Refund order {order.id}?",
    };

    static readonly TextField Kind = Field.Choice("kind", "text: any text. choice: one of several. approval: yes or no, with a comment. form: several fields.",
        AsText, AsChoice, AsApproval, AsForm) with
    {
        Title = "Answer",
    };

    static readonly TextField Choices = Field.Multiline("choices", "What can be chosen, one in each line.") with
    {
        Required = true,
        ShownWhen = (Kind.Name, [AsChoice]),
    };

    static readonly JsonField Fields = Field.Json("fields",
        "The fields of the form: a list of {\"name\", \"label\", \"kind\", \"required\", \"choices\"}; the kind is text, long_text, number, boolean or choice.") with
    {
        Title = "Form fields",
        Required = true,
        ShownWhen = (Kind.Name, [AsForm]),
    };

    static readonly NumberField Limit = Field.Number("time_limit", "How long an answer is waited for; then the run goes on at Time over. 0: as long as it takes.").Default(0).Between(0, 1_000_000);

    static readonly TextField LimitUnit = Field.Choice("time_limit_unit", "What the time limit counts.", "seconds", "minutes", "hours", "days").Default("hours") with
    {
        Title = "Unit of the time limit",
    };

    static readonly OutputPort Answer = new("answer", PortType.Message) { Help = "The answer as text: of an approval Approved or Rejected with the comment, of a form its JSON." };
    static readonly OutputPort AnsweredBy = new("answered_by", PortType.Data) { Help = "Who answered, by which way and when: who, via and at." };
    static readonly OutputPort Approved = new("approved", PortType.Any) { Help = "What came in, when it was approved." };
    static readonly OutputPort Rejected = new("rejected", PortType.Any) { Help = "What came in, when it was rejected." };
    static readonly OutputPort Form = new("form", PortType.Data) { Help = "What was filled in, by the fields' names." };
    static readonly OutputPort TimedOut = new("timed_out", PortType.Any) { Title = "Time over", Help = "What came in, when nobody has answered in time." };

    public static ComponentDescriptor Descriptor { get; } =
        new("AskPerson", "Ask a person", Category.Route, Effects.External, "Asks somebody, waits for the answer, however long it takes, and goes on with it.")
        {
            Inputs = [Input, QuestionText],
            Fields = [Text, Kind, Choices, Fields, Limit, LimitUnit],
            Outputs = [Answer, AnsweredBy],
            DynamicOutputs = OutputsOf,
            Highlights = ["question", "kind"],
            Check = Check,
            ReadsPaths = node => TextTemplate.Parse(NodeSettings.Text(node, Text)).Paths,
        };

    public ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken)
    {
        if (node.Resumed is { } resumed)
            return ValueTask.FromResult(resumed.Answer is { } answer ? Goes(node, answer, resumed) : NodeResult.Of(TimedOut, WhatCameIn(node)));
        var limit = LimitOf(node.Get(Limit), node.Get(LimitUnit)) ?? throw Wrong(node, Limit, $"is longer than {MaxDays:0} days.");
        return ValueTask.FromResult(NodeResult.WaitForAnswer(Ask(node), limit > TimeSpan.Zero ? time.GetUtcNow() + limit : null));
    }

    static NodeResult Goes(NodeContext node, JsonElement answer, NodeResume resumed)
    {
        var kind = node.Get(Kind);
        var outputs = new List<PortValue>(4);
        if (kind == AsApproval)
        {
            var approved = answer.ValueKind is JsonValueKind.Object && answer.TryGetProperty("approved", out var verdict) && verdict.ValueKind is JsonValueKind.True;
            var comment = answer.ValueKind is JsonValueKind.Object && answer.TryGetProperty("comment", out var said) ? JsonText.Of(said) : "";
            var text = approved ? "Approved" : "Rejected";
            outputs.Add(new(Answer.Name, JsonText.Element(comment.Length > 0 ? $"{text}: {comment}" : text)));
            outputs.Add(new((approved ? Approved : Rejected).Name, WhatCameIn(node)));
        }
        else
        {
            outputs.Add(new(Answer.Name, answer.ValueKind is JsonValueKind.String ? answer : JsonText.Element(JsonText.Of(answer))));
            if (kind == AsForm)
                outputs.Add(new(Form.Name, answer));
        }
        outputs.Add(new(AnsweredBy.Name, JsonText.Element(resumed, static (json, r) =>
        {
            json.WriteStartObject();
            json.WriteString("who"u8, r.By?.Who ?? "");
            if (r.By is { } by)
                json.WriteString("via"u8, Answerer.NameOf(by.Via));
            if (r.AnsweredAt is { } at)
                json.WriteString("at"u8, at.UtcDateTime);
            json.WriteEndObject();
        })));
        return NodeResult.Of(outputs);
    }

    static JsonElement WhatCameIn(NodeContext node) => node.Input(Input) ?? JsonText.Null;

    static Question Ask(NodeContext node)
    {
        var kind = node.Get(Kind);
        var text = node.Input(QuestionText) is { } given ? JsonText.OfMessage(given) : DataToMessage.Fill(TextTemplate.Parse(node.Get(Text)), node.Input(Input) ?? JsonText.EmptyObject);
        if (string.IsNullOrWhiteSpace(text))
            throw new NodeException("empty_question", $"{node.Node.Label}: there is nothing to ask; the question is empty.", "Write the question in the node's settings, or see why what came in is empty.");
        if (text.Length > MaxQuestion)
            throw new NodeException("question_too_long", $"{node.Node.Label}: the question has {text.Length:N0} characters; {MaxQuestion:N0} are the most.", "Ask for less at once, or link to what is to be read.");
        switch (kind)
        {
            case AsChoice:
                var choices = Lines(node.Get(Choices));
                return FormFields.Wrong(choices) is { } wrong ? throw Wrong(node, Choices, $"can't be used: {wrong}.") : new() { Kind = QuestionKind.Choice, Text = text, Choices = choices };
            case AsApproval:
                return new() { Kind = QuestionKind.Approval, Text = text };
            case AsForm:
                var fields = FormFields.Read(node.Get(Fields), out var problems);
                return problems.Count > 0 ? throw Wrong(node, Fields, $"can't be used: {string.Join("; ", problems.Take(5))}.") : new() { Kind = QuestionKind.Form, Text = text, Fields = fields };
            default:
                return new() { Kind = QuestionKind.Text, Text = text };
        }
    }

    static NodeException Wrong(NodeContext node, Field field, string what) => new("invalid_setting", $"{node.Node.Label}: the setting {field.Title} {what}", "Correct it in the node's settings.");

    static IReadOnlyList<OutputPort> OutputsOf(Node node)
    {
        var outputs = new List<OutputPort>(3);
        switch (NodeSettings.Text(node, Kind))
        {
            case AsApproval:
                outputs.AddRange(Approved, Rejected);
                break;
            case AsForm:
                outputs.Add(Form);
                break;
        }
        // A limit that a variable holds may be one.
        if (NodeSettings.Value(node, Limit) is var limit && (limit.ValueKind is not JsonValueKind.Number || limit.GetDouble() > 0))
            outputs.Add(TimedOut);
        return outputs;
    }

    static IEnumerable<FlowProblem> Check(Node node)
    {
        foreach (var problem in TemplateChecks.Problems(node, Text))
            yield return problem;
        var kind = NodeSettings.Text(node, Kind);
        var choices = NodeSettings.Text(node, Choices);
        if (kind == AsChoice && choices.Length > 0 && FormFields.Wrong(Lines(choices)) is { } wrong)
            yield return NodeSettings.Invalid(node, Choices.Name, $"{node.Label}: the setting {Choices.Title} can't be used: {wrong}.", "Write one choice in each line.");
        var fields = NodeSettings.Value(node, Fields);
        if (kind == AsForm && fields.ValueKind is not JsonValueKind.Null && !VariableReference.TryRead(fields, out _))
        {
            FormFields.Read(fields, out var problems);
            foreach (var problem in problems)
                yield return NodeSettings.Invalid(node, Fields.Name, $"{node.Label}: the setting {Fields.Title} can't be used: {problem}.", "Correct it.");
        }
        if (NodeSettings.Value(node, Limit) is { ValueKind: JsonValueKind.Number } limit && LimitOf(limit.GetDouble(), NodeSettings.Text(node, LimitUnit)) is null)
            yield return NodeSettings.Invalid(node, Limit.Name, $"{node.Label}: the setting {Limit.Title} is longer than {MaxDays:0} days.", "Give a shorter time, or 0 for none.");
    }

    static IReadOnlyList<string> Lines(string text) => [.. text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0)];

    /// <summary>Null when it is too long.</summary>
    static TimeSpan? LimitOf(double count, string unit)
    {
        var seconds = count * unit switch
        {
            "seconds" => 1,
            "minutes" => 60,
            "days" => 86_400,
            _ => 3_600,
        };
        return seconds <= MaxDays * 86_400 ? TimeSpan.FromSeconds(Math.Max(seconds, 0)) : null;
    }
}
