using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Components;

/// <summary>Starts a run with what was posted to the flow's webhook.</summary>
public sealed class Webhook : IComponent
{
    static readonly TextField Sample = Field.Multiline("data",
        "A sample payload: what the flow gets when it is started without any, by Run in the editor or by a schedule.") with
    {
        Title = "Sample payload",
        Advanced = true,
        Placeholder = "{\"text\": \"hello\"}",
    };

    static readonly TextField Answer = Field.Choice(WebhookDoor.AnswerField,
        "What callers get: a receipt (202) at once, what the run gives in the end, or what its Respond says.",
        WebhookDoor.AtOnce, WebhookDoor.AtEnd, WebhookDoor.ByRespond) with
    {
        Fixed = true,
    };

    static readonly NumberField Limit = Field.Integer(WebhookDoor.LimitField,
        "Then the caller gets the receipt after all, with the run's id, and the run goes on.")
        .Default(WebhookDoor.DefaultLimit).Between(WebhookDoor.LeastLimit, WebhookDoor.MostLimit) with
    {
        Title = "Waits at most",
        Unit = "s",
        Fixed = true,
        ShownWhen = (WebhookDoor.AnswerField, [WebhookDoor.AtEnd, WebhookDoor.ByRespond]),
    };

    static readonly ChoicesField Methods = Field.SomeOf(WebhookDoor.MethodsField,
        "Calls by these start the flow, others get 405. Without a body, as by GET, the query is the payload.",
        [.. WebhookDoor.Methods]).Default(WebhookDoor.DefaultMethod) with
    {
        Fixed = true,
    };

    static readonly OutputPort Data = new("output_data", PortType.Data)
    {
        Title = "Data",
        Help = "The body: JSON as it came, any other text as {\"payload\": text}. Without a body, the query.",
    };

    static readonly OutputPort Headers = new("headers", PortType.Data) { Help = "The request's headers, names in lower case; without credentials." };
    static readonly OutputPort Query = new("query", PortType.Data) { Help = "What stood after the question mark in the URL." };
    static readonly OutputPort Method = new("method", PortType.Message) { Help = "The request's method, such as POST." };

    static readonly OutputPort Body = new(WebhookDoor.BodyPort, PortType.Message)
    {
        Title = "Raw body",
        Help = "The body as it was sent, for checking a signature; Base64 when it is no text. It is kept only where this is connected.",
    };

    public static ComponentDescriptor Descriptor { get; } =
        new("Webhook", "Webhook", Category.Start, Effects.Pure, "Starts the flow when something is posted to its address, and passes the payload on.")
        {
            Fields = [Answer, Limit, Methods, Sample],
            Outputs = [Data, Headers, Query, Method, Body],
            Highlights = [Answer.Name, Methods.Name],
            IsTrigger = true,
        };

    public ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken)
    {
        var call = node.Run.Call;
        // Of several Webhooks in a flow, a call starts those that take its method. Another dialect's call has its own way in, and its own methods.
        if (node.Run.Origin is RunTrigger.Webhook && call is { Dialect: null } && !Takes(node.Node, call.Method))
        {
            node.Log(LogLevelName.Debug, $"{node.Node.Label} takes {string.Join(", ", WebhookDoor.MethodsOf(node.Node))}, and the call came by {call.Method}.");
            return ValueTask.FromResult(NodeResult.Nothing);
        }
        var outputs = new List<PortValue>(5) { new(Data.Name, Payload(node)) };
        if (node.Wants(Headers))
            outputs.Add(new(Headers.Name, Pairs(call?.Headers ?? [], lowerCase: true)));
        if (node.Wants(Query))
            outputs.Add(new(Query.Name, Pairs(call?.Query ?? [], lowerCase: false)));
        if (node.Wants(Method))
            outputs.Add(new(Method.Name, JsonText.Element(call?.Method ?? "")));
        if (node.Wants(Body))
            outputs.Add(new(Body.Name, JsonText.Element(call?.Body ?? Tried(node))));
        return ValueTask.FromResult(NodeResult.Of(outputs));
    }

    static bool Takes(Node node, string method) => node.Settings.ContainsKey(WebhookDoor.MethodsField)
        ? WebhookDoor.MethodsOf(node).Contains(method, StringComparer.Ordinal)
        : method == WebhookDoor.DefaultMethod;

    /// <summary>A run that nobody called has the body that its payload would have had.</summary>
    static string Tried(NodeContext node) => node.Run.Origin is RunTrigger.Webhook ? "" : Payload(node).GetRawText();

    static JsonElement Payload(NodeContext node)
    {
        var input = node.Run.Input;
        if (input.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined))
            return input;
        // A posted null is data; only who starts a flow without any means the sample.
        if (node.Run.Origin is RunTrigger.Webhook || node.Get(Sample) is not { Length: > 0 } sample)
            return JsonText.EmptyObject;
        return JsonCheck.TryParse(Encoding.UTF8.GetBytes(sample), out var parsed, out _)
            ? parsed
            : JsonText.Element(sample, static (writer, text) =>
            {
                writer.WriteStartObject();
                writer.WriteString("payload"u8, text);
                writer.WriteEndObject();
            });
    }

    /// <summary>An object; a name that came more than once has a list.</summary>
    static JsonElement Pairs(IReadOnlyList<KeyValuePair<string, string>> pairs, bool lowerCase) =>
        JsonText.Element((pairs, lowerCase), static (writer, state) => Write(writer, state.pairs, state.lowerCase));

    static void Write(Utf8JsonWriter writer, IReadOnlyList<KeyValuePair<string, string>> pairs, bool lowerCase)
    {
        writer.WriteStartObject();
        foreach (var group in pairs.GroupBy(p => lowerCase ? p.Key.ToLowerInvariant() : p.Key, p => p.Value, StringComparer.Ordinal))
        {
            writer.WritePropertyName(group.Key);
            if (group.Count() == 1)
            {
                writer.WriteStringValue(group.First());
                continue;
            }
            writer.WriteStartArray();
            foreach (var value in group)
                writer.WriteStringValue(value);
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    }
}
