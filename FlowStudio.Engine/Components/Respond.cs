using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Components;

/// <summary>Answers whoever called the flow's webhook and waits; the run goes on. Where nobody waits, it shows what it would have said.</summary>
public sealed class Respond : IComponent
{
    const string AsItIs = "what comes in", AsText = "a text", AsJson = "JSON", Nothing = "nothing";
    const string PlainText = "text/plain; charset=utf-8", Json = "application/json";

    static readonly InputPort Input = new("input_value", PortType.Data, PortType.Message, PortType.Table, PortType.Number, PortType.Boolean)
    {
        Title = "Data",
        Help = "What is answered, or what the templates below take their values from.",
    };

    static readonly NumberField Status = Field.Integer("status", "The status of the answer, such as 200, 201, 302 or 404.").Default(200).Between(200, 599);

    static readonly TextField Kind = Field.Choice("body_type",
        "What comes in is answered as a text or as JSON, by what it is.", AsItIs, AsText, AsJson, Nothing) with
    {
        Title = "Body",
    };

    static readonly TextField Text = Field.Template("text", "{order.id} or {text} stand for values, {data} for all that comes in; {{ and }} for braces.") with
    {
        Placeholder = "{[\"hub.challenge\"]}",
        ShownWhen = ("body_type", [AsText]),
    };

    static readonly JsonField Body = Field.Json("json",
        "Texts in it take {order.id}; one that is a placeholder and nothing else becomes the value, with its type.") with
    {
        Title = "JSON",
        Placeholder = "{\"ok\": true, \"order\": \"{order.id}\"}",
        ShownWhen = ("body_type", [AsJson]),
    };

    static readonly TextField Type = Field.Text("content_type", "What the body is said to be. Left empty: text/plain for a text, application/json for all else.") with
    {
        Title = "Content type",
        Placeholder = "text/html",
        Advanced = true,
        ShownWhen = ("body_type", [AsItIs, AsText, AsJson]),
    };

    static readonly KeyValuesField Headers = Field.KeyValues("headers", "Headers of the answer. Values take {order.id} too.");

    static readonly OutputPort Said = new("body", PortType.Any) { Title = "Answered", Help = "The body that was answered, once it was." };

    public static ComponentDescriptor Descriptor { get; } =
        new("Respond", "Respond", Category.Out, Effects.External, "Answers the webhook's caller, while the run goes on.")
        {
            Inputs = [Input],
            Fields = [Status, Kind, Text, Body, Headers, Type],
            Outputs = [Said],
            Highlights = ["status", "body_type"],
            CanBeTool = false,
            Check = Check,
            ReadsPaths = Paths,
        };

    public ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken)
    {
        var data = node.Input(Input) ?? JsonText.EmptyObject;
        var (body, isText) = node.Get(Kind) switch
        {
            AsText => (JsonText.Element(DataToMessage.Fill(TextTemplate.Parse(node.Get(Text)), data)), true),
            AsJson => (JsonTemplate.Fill(node.Get(Body), data), false),
            Nothing => (JsonText.EmptyText, true),
            _ when node.Input(Input) is null => (JsonText.EmptyText, true),
            _ when data.ValueKind is JsonValueKind.Object && ChatMessage.IsMessage(data) => (JsonText.Element(JsonText.OfMessage(data)), true),
            _ => (data, data.ValueKind is JsonValueKind.String),
        };
        var status = (int)node.Get(Status);
        var text = isText ? body.GetString() ?? "" : body.GetRawText();
        if (text.Length > 0 && !HasBody(status))
        {
            node.Log(LogLevelName.Warning, $"{node.Node.Label}: an answer with the status {status} has no body, so the body was left out.");
            text = "";
        }
        var type = node.Get(Type);
        if (type.Length == 0)
            type = isText ? PlainText : Json;
        else if (AnswerHeaders.RefuseType(type) is { } why)
            throw new NodeException("invalid_content_type", $"{node.Node.Label}: the content type {why}.", "Correct it, or leave it empty.");
        node.Respond(new RunResponse(status, text.Length > 0 ? type : "", text, Filled(node, data)));
        return ValueTask.FromResult(NodeResult.Of(Said, body));
    }

    /// <summary>RFC 9110 §15: these have no content.</summary>
    static bool HasBody(int status) => status is not (204 or 205 or 304);

    static List<KeyValuePair<string, string>> Filled(NodeContext node, JsonElement data)
    {
        var rows = node.Get(Headers);
        if (rows.Count > AnswerHeaders.MaxCount)
            throw new NodeException("invalid_header", $"{node.Node.Label}: the answer has {rows.Count} headers; {AnswerHeaders.MaxCount} are the most.", "Leave some out.");
        var headers = new List<KeyValuePair<string, string>>(rows.Count);
        foreach (var (name, template) in rows)
        {
            if (AnswerHeaders.Refuse(name) is { } refusal)
                throw new NodeException("invalid_header", $"{node.Node.Label}: {refusal.Message}.", refusal.Advice);
            var value = DataToMessage.Fill(TextTemplate.Parse(template), data).Trim(' ', '\t');
            // The value is not quoted: it may be what somebody outside has sent.
            if (AnswerHeaders.RefuseValue(value) is { } why)
                throw new NodeException("invalid_header", $"{node.Node.Label}: the value of the header {name} {why}.", "Correct what it is made of.");
            headers.Add(new(name, value));
        }
        return headers;
    }

    static IEnumerable<FlowProblem> Check(Node node)
    {
        var kind = NodeSettings.Text(node, Kind);
        if (kind == AsText)
        {
            foreach (var problem in TemplateChecks.Problems(node, Text))
                yield return problem;
        }
        if (kind == AsJson)
        {
            var json = NodeSettings.Value(node, Body);
            if (json.ValueKind is JsonValueKind.String)
                yield return NodeSettings.Invalid(node, Body.Name, $"{node.Label}: what stands under {Body.Title} is not JSON.", "Write an object or a list; for a text choose 'a text' as the body.");
            else
                foreach (var error in JsonTemplate.Errors(json).Take(5))
                    yield return NodeSettings.Invalid(node, Body.Name, $"{node.Label}: a text under {Body.Title} is wrong at its column {error.Column}: {error.Message}", error.Advice);
        }
        if (NodeSettings.Text(node, Type) is { Length: > 0 } type && AnswerHeaders.RefuseType(type) is { } why)
            yield return NodeSettings.Invalid(node, Type.Name, $"{node.Label}: the content type {why}.", "Correct it, or leave it empty.");
        foreach (var row in Rows(node))
        {
            if (AnswerHeaders.Refuse(row.Name) is { } refusal)
                yield return NodeSettings.Invalid(node, Headers.Name, $"{node.Label}: {refusal.Message}.", refusal.Advice);
            else if (row.Template is { } template && TextTemplate.Parse(template).Errors is [var error, ..])
                yield return NodeSettings.Invalid(node, Headers.Name, $"{node.Label}: the value of the header {row.Name} is wrong: {error.Message}", error.Advice);
            else if (row.Template is { } value && AnswerHeaders.RefuseValue(value) is { } bad)
                yield return NodeSettings.Invalid(node, Headers.Name, $"{node.Label}: the value of the header {row.Name} {bad}.", "Correct it.");
        }
    }

    /// <summary>The rows that have a name; a value that comes from a variable is not known yet.</summary>
    static IEnumerable<(string Name, string? Template)> Rows(Node node)
    {
        var rows = NodeSettings.Value(node, Headers);
        if (rows.ValueKind is not JsonValueKind.Array || Headers.Reject(rows) is not null)
            yield break;
        foreach (var row in rows.EnumerateArray())
        {
            var name = row.GetProperty("key").GetString() ?? "";
            if (name.Length == 0)
                continue;
            var cell = row.TryGetProperty("value", out var value) ? value : default;
            yield return (name, VariableReference.TryRead(cell, out _) ? null : JsonText.Of(cell));
        }
    }

    static IEnumerable<string> Paths(Node node)
    {
        var body = NodeSettings.Text(node, Kind) switch
        {
            AsText => TextTemplate.Parse(NodeSettings.Text(node, Text)).Paths,
            AsJson => JsonTemplate.Paths(NodeSettings.Value(node, Body)),
            _ => [],
        };
        return body.Concat(Rows(node).SelectMany(r => TextTemplate.Parse(r.Template ?? "").Paths));
    }
}
